"""Coming in by a provider of identities, against one that is simulated on this machine."""

import base64
import datetime as dt
import hashlib
import http.server
import json
import threading
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from seawall.engine.kernel.errors import AccessError, InputError, NotFound, NotPermitted, NotSignedIn, OutsideError
from seawall.services import people, single_sign_on
from seawall.services.access import Actor, Grant
from seawall.store import seal
from seawall.store.home import home
from seawall.store.models import SignInProvider, User

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system()
NOW = dt.datetime(2026, 4, 1, 8, 0, tzinfo=dt.UTC)
BACK = "https://seawall.example/sign-in/back/"
KEY, OTHER_KEY = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))


class Provider(http.server.BaseHTTPRequestHandler):
    """Describes itself, publishes its key, and gives for any code the token the test wants."""

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        if self.path.startswith("/.well-known"):
            told = {"issuer": base, "authorization_endpoint": f"{base}/ask", "token_endpoint": f"{base}/token",
                    "jwks_uri": f"{base}/keys"} | self.server.says  # fmt: skip
        else:
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
            told = {"keys": [public | {"kid": "k1", "use": "sig", "alg": "RS256"}]}
        self.answer(told)

    def do_POST(self):
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.server.asked.append(({name: values[0] for name, values in asked.items()}, self.headers["Authorization"]))
        self.answer({"id_token": self.server.token})

    def answer(self, told):
        body = json.dumps(told).encode() if isinstance(told, dict) else told
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", "http://127.0.0.1:1/")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words):
        pass


@pytest.fixture
def provider():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    server.says, server.asked, server.token, server.status = {}, [], "", 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def number(provider):
    seal.make_key(home())
    issuer = f"http://127.0.0.1:{provider.server_port}"
    return single_sign_on.keep_provider(SYSTEM, name="Directory", issuer=issuer, client_id="seawall", secret="s3cret")


@pytest.fixture
def ann(db):
    people.create(SYSTEM, username="ann", email="ann@example.org", grants=[Grant("viewer")])
    return User.objects.get(username="ann")


def asked(number):
    begun = single_sign_on.begin(number, back=BACK)
    return (
        begun,
        begun.kept | {"at": NOW.isoformat()},
        {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()},
    )


@pytest.fixture(autouse=True)
def quick(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # these tests guess no password


def token(provider, *, key=KEY, algorithm="RS256", kid="k1", **claims):
    said = {
        "iss": f"http://127.0.0.1:{provider.server_port}", "aud": "seawall", "sub": "s-1",
        "email": "Ann@Example.org", "email_verified": True,
        "iat": int(NOW.timestamp()), "exp": int(NOW.timestamp()) + 300,
    } | claims  # fmt: skip
    return jwt.encode({name: value for name, value in said.items() if value is not None}, key,
                      algorithm=algorithm, headers={"kid": kid})  # fmt: skip


def came(provider, number, at=NOW, state=None, code="c0de", **claims):
    _, kept, sent = asked(number)
    provider.token = token(provider, **({"nonce": kept["nonce"]} | claims))
    return single_sign_on.finish(kept, state=sent["state"] if state is None else state, code=code, back=BACK, at=at)


def test_a_verified_address_links_the_subject_which_finds_the_user_from_then_on(provider, number, ann):
    assert came(provider, number) == ann
    ann.email = "elsewhere@example.org"
    ann.save()
    assert came(provider, number, email=None) == ann
    with pytest.raises(NotPermitted):
        came(provider, number, sub="s-2")


def test_the_code_is_exchanged_with_the_verifier_whose_challenge_was_sent(provider, number, ann):
    _, kept, sent = asked(number)
    provider.token = token(provider, nonce=kept["nonce"])
    single_sign_on.finish(kept, state=sent["state"], code="c0de", back=BACK, at=NOW)
    form, authorization = provider.asked[-1]
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == sent["code_challenge"]
    assert sent["code_challenge_method"] == "S256"
    assert authorization == "Basic " + base64.b64encode(b"seawall:s3cret").decode()
    assert "s3cret" not in repr(list(SignInProvider.objects.values()))


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "another"}, {"exp": int(NOW.timestamp()) - 61},
        {"iat": int(NOW.timestamp()) + 61}, {"nbf": int(NOW.timestamp()) + 61}, {"exp": None}, {"sub": ""},
        {"key": OTHER_KEY}, {"kid": "k2"}, {"aud": ["seawall", "another"]}, {"exp": "soon"},
        {"key": "a-shared-secret-that-is-long-enough-for-it", "algorithm": "HS256"}, {"key": None, "algorithm": "none"},
    ],
)  # fmt: skip
def test_a_token_that_proves_nothing_lets_nobody_in(provider, number, ann, claims):
    with pytest.raises((NotSignedIn, InputError)):
        came(provider, number, **claims)


def test_an_answer_that_was_not_asked_for_here_is_refused(provider, number, ann):
    for wrong in ({"state": "another"}, {"state": ""}, {"code": ""}, {"at": NOW + dt.timedelta(minutes=11)}):
        with pytest.raises(NotSignedIn):
            came(provider, number, **wrong)
    with pytest.raises(NotSignedIn):
        single_sign_on.finish(None, state="x", code="y", back=BACK, at=NOW)


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": "true"}, {"email": "bob@example.org"}]
)
def test_who_is_not_known_by_a_verified_address_is_nobody(provider, number, ann, claims):
    with pytest.raises(NotPermitted):
        came(provider, number, **claims)
    assert User.objects.count() == 1


def test_an_address_of_two_users_names_neither_and_one_shut_out_stays_out(provider, number, ann):
    people.create(SYSTEM, username="twin", email="ann@example.org", grants=[])
    with pytest.raises(NotPermitted):
        came(provider, number)
    User.objects.filter(username="twin").delete()
    came(provider, number)
    User.objects.filter(pk=ann.pk).update(is_active=False)
    with pytest.raises(NotPermitted):
        came(provider, number)


def test_a_provider_that_misbehaves_is_said_to(provider, number):
    provider.says = {"issuer": "https://evil.example"}
    with pytest.raises(OutsideError):
        single_sign_on.begin(number, back=BACK)
    provider.says = {"token_endpoint": "http://198.51.100.7/token"}
    with pytest.raises(InputError):
        single_sign_on.begin(number, back=BACK)
    for status in (302, 500):
        provider.status, provider.says = status, {}
        with pytest.raises(OutsideError):
            single_sign_on.begin(number, back=BACK)
    provider.status, provider.says = 200, {"more": "x" * 300_000}
    with pytest.raises(OutsideError):
        single_sign_on.begin(number, back=BACK)


@pytest.mark.parametrize("issuer", ["http://id.example", "file:///etc/passwd", "javascript:1", "", "https://"])
def test_a_provider_is_reached_under_tls(issuer):
    with pytest.raises(InputError):
        single_sign_on.keep_provider(SYSTEM, name="D", issuer=issuer, client_id="c")


def test_who_may_keep_providers(provider, number):
    with pytest.raises(NotPermitted):
        single_sign_on.keep_provider(Actor.of("f", ["finance"]), name="D", issuer="https://x", client_id="c")
    issuer = f"http://127.0.0.1:{provider.server_port}"
    single_sign_on.keep_provider(SYSTEM, name="D", issuer=issuer, client_id="seawall", is_active=False)
    with pytest.raises((NotFound, AccessError)):
        single_sign_on.begin(number, back=BACK)
    assert not single_sign_on.offered()
