"""Cover and claims worked out slowly, item by item and with fractions: a second answer that shares no code with the engine."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

KINDS = [
    "requested",
    "referred",
    "approved",
    "partial",
    "discretionary",
    "temporary",
    "lc",
    "reduced",
    "refused",
    "cancelled",
    "expired",
]
GRANTS = {"approved", "partial", "discretionary", "temporary", "lc", "reduced"}


def half_up(value: Fraction) -> int:
    return int((value * 2 + 1) // 2)


def shared(total, weights):
    """Largest remainder over a list; of equal ones the earlier."""
    whole = sum(weights)
    if not whole:
        return [0] * len(weights)
    exact = [Fraction(total * weight, whole) for weight in weights]
    parts = [int(each) for each in exact]
    order = sorted(range(len(weights)), key=lambda k: (-(exact[k] - parts[k]), k))
    for k in order[: total - sum(parts)]:
        parts[k] += 1
    return parts


class Referee:
    """One policy, one day. ``world`` holds plain rows: items, receipts, allocations, disputes, limits, events, claims."""

    def __init__(self, world, terms, on):
        self.world, self.terms, self.on = world, terms, on
        self.debts = [each for each in world["items"] if each["kind"] == "invoice" and each["issued"] <= on]
        self.credits = [each for each in world["items"] if each["kind"] != "invoice" and each["issued"] <= on]

    # What is owed

    def booked(self, number, until):
        item = next(each for each in self.world["items"] if each["number"] == number)
        if item["issued"] > until:
            return 0
        side = "debit" if item["kind"] == "invoice" else "credit"
        return item["amount"] - sum(
            a["amount"] for a in self.world["allocations"] if a[side] == number and a["on"] <= until
        )

    def order(self, item):
        return (item["issued"] if self.terms["rule"] == "oldest_issued" else item["due"], item["id"])

    def need(self, item):
        """What receipts that move have to pay: everything but what other credits settled."""
        if self.terms["rule"] == "as_booked":
            return self.booked(item["number"], self.on)
        moving = {c["number"] for c in self.credits if c["kind"] == "receipt"}
        fixed = sum(a["amount"] for a in self.world["allocations"]
                    if a["debit"] == item["number"] and a["credit"] not in moving and a["on"] <= self.on)  # fmt: skip
        return item["amount"] - fixed

    def pool(self, customer, until):
        """Money that goes to the oldest, come by a day: what is applied to nothing, or every receipt."""
        total = 0
        for credit in self.credits:
            if credit["customer"] == customer and credit["issued"] <= until:
                loose = self.booked(credit["number"], self.on)
                total += (
                    credit["amount"] if self.terms["rule"] != "as_booked" and credit["kind"] == "receipt" else loose
                )
        return total

    def open_now(self, customer):
        """By number, what is open on the day."""
        left, found = self.pool(customer, self.on), {}
        for item in sorted((d for d in self.debts if d["customer"] == customer), key=self.order):
            need = self.need(item)
            paid = min(need, left)
            left -= paid
            if need - paid:
                found[item["number"]] = need - paid
        return found

    def paid_on(self, item):
        """The day an item was paid; None: not yet."""
        mine = sorted((d for d in self.debts if d["customer"] == item["customer"]), key=self.order)
        reached = 0
        for each in mine:
            reached += self.need(each)
            if each is item:
                break
        days = sorted({c["issued"] for c in self.credits if c["customer"] == item["customer"]})
        by_pool = next((day for day in days if self.pool(item["customer"], day) >= reached), None)
        if self.terms["rule"] != "as_booked":
            return by_pool
        allocated = [a["on"] for a in self.world["allocations"] if a["debit"] == item["number"] and a["on"] <= self.on]
        if self.booked(item["number"], self.on) == 0:
            return max(allocated, default=item["issued"])
        return None if by_pool is None else max([by_pool, *allocated])

    def unpaid_then(self, item, day):
        """What of an item was unpaid at the end of a day."""
        if self.terms["rule"] == "as_booked":
            return item["amount"] - sum(a["amount"] for a in self.world["allocations"]
                                        if a["debit"] == item["number"] and a["on"] <= min(day, self.on))  # fmt: skip
        left = self.pool(item["customer"], min(day, self.on))
        for each in sorted((d for d in self.debts if d["customer"] == item["customer"]), key=self.order):
            need = self.need(each)
            paid = min(need, left)
            left -= paid
            if each is item:
                return need - paid
        raise AssertionError

    # Clauses

    def mep_end(self, item):
        later = [
            e["until"]
            for e in self.world["events"]
            if e["event"] == "extension_agreed" and e["number"] == item["number"] and e["on"] <= self.on
        ]
        return max([item["due"] + dt.timedelta(days=self.terms["mep"]), *later])

    def ends(self, item):
        """Every day on which the extension ran out, with the day on which a longer one was agreed (None: never)."""
        end, found = item["due"] + dt.timedelta(days=self.terms["mep"]), []
        agreed = [
            (e["on"], e["until"])
            for e in self.world["events"]
            if e["event"] == "extension_agreed" and e["number"] == item["number"] and e["on"] <= self.on
        ]
        for on, until in sorted(agreed):
            if on > end:
                found.append((end, on))
            end = max(end, until)
        return [*found, (end, None)]

    def stopped(self, item):
        for other in self.debts:
            if other["customer"] != item["customer"]:
                continue
            paid = self.paid_on(other)
            for end, agreed in self.ends(other):
                late = end < self.on and self.unpaid_then(other, end) > 0 and (paid is None or paid > end)
                before = all(day is None or item["shipped"] < day for day in (paid, agreed))
                if late and end < item["shipped"] and before:
                    return "stopped_by_overdue"
        for event, reason in (
            ("insolvency", "stopped_by_insolvency"),
            ("adverse_information", "stopped_by_adverse_information"),
        ):
            days = [
                e["on"]
                for e in self.world["events"]
                if e["event"] == event and e["customer"] == item["customer"] and e["on"] <= self.on
            ]
            if days and min(days) < item["shipped"]:
                return reason
        return None

    def notice(self, item):
        """How many days late the overdue notice was given, or so far is not; 0: in time."""
        by = self.mep_end(item) + dt.timedelta(days=self.terms["notice"])
        told = [
            e["on"] for e in self.world["events"] if e["event"] == "overdue_notified" and e["customer"] == item["customer"]
            and e["on"] <= self.on and (e["number"] == item["number"] or (e["number"] is None and e["on"] > item["due"]))
        ]  # fmt: skip
        return max(0, (min(told, default=self.on) - by).days) if by < self.on else 0

    def follows(self, item):
        """What follows from how late the notice was; nothing where it was not."""
        late, missed = self.notice(item), self.terms["missed"]
        if not late:
            return "nothing"
        if "late" not in missed:
            return missed
        reached = [step for step in missed["late"] if late <= step["days"]]
        return {name: value for name, value in reached[0].items() if name != "days"} if reached else missed["then"]

    def bar(self, item):
        if (item["due"] - item["issued"]).days > self.terms["max_term"]:
            return "term_too_long"
        stop = self.stopped(item)
        if stop:
            return stop
        if self.follows(item) == "lost":
            return "overdue_not_notified"
        return None

    # Limits

    def standing(self, layer, item):
        rows = [
            (row["decided"], row["from"], KINDS.index(row["kind"]), k, row)
            for k, row in enumerate(self.world["limits"])
            if row["layer"] == layer and row["customer"] == item["customer"] and row["decided"] <= self.on
            and row["from"] <= item["shipped"] and row["kind"] not in ("requested", "referred")
        ]  # fmt: skip
        if not rows:
            return None
        row = max(rows, key=lambda each: each[:3])[-1]
        if row["kind"] not in GRANTS or (row["expires"] and row["expires"] < item["shipped"]):
            return None
        if row["term"] is not None and row["term"] < (item["due"] - item["issued"]).days:
            return None
        return row

    def cover(self):
        """By number: every part of what is open."""
        found = {}
        for customer in sorted({d["customer"] for d in self.debts}):
            found |= self.cover_of(customer)
        return found

    def cover_of(self, customer):
        rows, slices = {}, []
        for number, minor in self.open_now(customer).items():
            item = next(d for d in self.debts if d["number"] == number)
            vat = half_up(Fraction(minor * item["tax"], item["amount"])) if self.terms["vat"] == "out" else 0
            disputed = min(minor, sum(d["amount"] for d in self.world["disputes"] if d["number"] == number
                                      and d["opened"] <= self.on and (d["closed"] is None or d["closed"] > self.on)))  # fmt: skip
            won = [e for e in self.world["events"] if e["event"] == "arbitration_result" and e["number"] == number
                   and e["on"] <= self.on and e["outcome"] == "won"]  # fmt: skip
            bar = self.bar(item)
            rest = minor - vat
            disputed = 0 if won else half_up(Fraction(rest * disputed, minor))
            row = {"item": item, "open": minor, "vat": vat, "excluded": rest if bar else 0, "reason": bar}
            row["disputed"] = 0 if bar else min(rest, disputed)
            row["left"] = rest - row["excluded"] - row["disputed"]
            row["eligible"] = row["left"]
            rows[number] = row
        order = sorted(
            rows.values(), key=lambda row: (row["item"]["shipped"], row["item"]["issued"], row["item"]["id"])
        )
        for layer in sorted({row["layer"] for row in self.world["limits"]}):
            used = 0
            for row in order:
                decision = self.standing(layer, row["item"])
                if decision is None:
                    continue
                taken = min(row["left"], max(0, decision["amount"] - used))
                used += taken
                row["left"] -= taken
                if taken:
                    slices.append((row, taken, self.rate(row["item"], decision)))
        slices.sort(key=lambda each: each[0]["item"]["id"])
        self.operate(slices, rows)
        return rows

    def rate(self, item, decision):
        rate = Fraction(str(decision["rate"])) if decision["rate"] is not None else Fraction(str(self.terms["rate"]))
        follows = self.follows(item)
        if isinstance(follows, dict):
            kind, most = next(iter(follows.items()))
            rate = (
                min(rate, Fraction(str(most)))
                if kind == "rate"
                else Fraction(round(rate * Fraction(str(most)) * 10**9), 10**9)
            )
        return rate

    # Operators

    def operate(self, slices, rows, annual=None):
        amounts = [minor for _, minor, _ in slices]
        covered, taken = sum(amounts), {}
        for operator in self.terms["operators"]:
            if annual is None and operator in ("aggregate_first_loss", "annual_maximum"):
                continue
            before = amounts
            if operator == "insured_rate":
                amounts = list(before)
                for rate in {rate for *_, rate in slices}:
                    mine = [k for k, each in enumerate(slices) if each[2] == rate]
                    total = half_up(sum(before[k] for k in mine) * rate)
                    for k, part in zip(mine, shared(total, [before[k] for k in mine]), strict=True):
                        amounts[k] = part
            else:
                amounts = shared(self.leaves(operator, sum(before), covered, annual), before)
            taken[operator] = [a - b for a, b in zip(before, amounts, strict=True)]
        for row in rows.values():
            mine = [k for k, each in enumerate(slices) if each[0] is row]
            row["covered"] = sum(slices[k][1] for k in mine)
            row["indemnity"] = sum(amounts[k] for k in mine)
            row["own_share"] = sum(taken["insured_rate"][k] for k in mine)
        return sum(amounts)

    def leaves(self, operator, loss, covered, annual):
        amount = self.terms["amounts"].get(operator)
        if operator == "threshold":
            return loss if loss > amount else 0
        if operator == "each_and_every":
            return max(0, loss - amount)
        if operator == "minimum_retention":
            return min(loss, max(0, covered - amount))
        if operator == "customer_maximum":
            return min(loss, amount)
        if operator == "aggregate_first_loss":
            return loss - min(loss, annual["first_loss"])
        return min(loss, annual["maximum"])

    def claim(self, customer):
        """The indemnity if the customer failed on the day, after earlier claims."""
        earlier = [each for each in self.world["claims"] if each["on"] <= self.on]
        annual = {
            "first_loss": max(0, self.terms["amounts"]["aggregate_first_loss"] - sum(each["used"] for each in earlier)),
            "maximum": max(0, self.terms["amounts"]["annual_maximum"] - sum(each["paid"] for each in earlier)),
        }
        kept, self.operate_again = [], None
        rows = {}
        original = self.operate

        def gather(slices, all_rows, annual_=None):
            kept.extend(slices)
            return original(slices, all_rows, annual)

        self.operate = gather
        try:
            rows = self.cover_of(customer)
        finally:
            self.operate = original
        return sum(row["open"] for row in rows.values()), sum(row["indemnity"] for row in rows.values())


def group(items, own, shared, *, before_own):
    """What is covered of items (owner, amount), in the order of shipment: each owner's limit, and one of the group."""
    left, pools = [amount for _, amount in items], dict(own)
    for turn in ("shared", "own") if before_own else ("own", "shared"):
        for k, (owner, _) in enumerate(items):
            name = owner if turn == "own" else ""
            room = pools.get(name, 0) if turn == "own" else shared
            taken = min(left[k], room)
            left[k] -= taken
            if turn == "own":
                pools[owner] = room - taken
            else:
                shared -= taken
    return [amount - rest for (_, amount), rest in zip(items, left, strict=True)]


def tower(amounts, limit, uppers):
    """What a policy and its top-ups cover of items in the order of shipment: by code, a part for each item.

    ``uppers``: (code, over, limit) in any order. Of those over one policy the first by code takes first, with all that
    lies over it, before the next one.
    """
    found, left = {}, {"": list(amounts)}

    def take(code, most, given):
        taken = []
        for each in given:
            taken.append(min(each, most))
            most -= taken[-1]
        found[code] = taken
        rest = [each - part for each, part in zip(given, taken, strict=True)]
        for name, _, amount in sorted(each for each in uppers if each[1] == code):
            rest = take(name, amount, rest)
        return rest

    left["P"] = take("P", limit, left[""])
    return found
