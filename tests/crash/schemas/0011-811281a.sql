SELECT pg_catalog.set_config('search_path', '', false);
CREATE TYPE public.procrastinate_job_event_type AS ENUM (
    'deferred',
    'started',
    'deferred_for_retry',
    'failed',
    'succeeded',
    'cancelled',
    'abort_requested',
    'aborted',
    'scheduled',
    'retried'
);
CREATE TYPE public.procrastinate_job_status AS ENUM (
    'todo',
    'doing',
    'succeeded',
    'failed',
    'cancelled',
    'aborting',
    'aborted'
);
CREATE TYPE public.procrastinate_job_to_defer_v1 AS (
	queue_name character varying,
	task_name character varying,
	priority integer,
	lock text,
	queueing_lock text,
	args jsonb,
	scheduled_at timestamp with time zone
);
CREATE FUNCTION public.procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status = 'todo'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        IF abort THEN
            UPDATE procrastinate_jobs
            SET abort_requested = true,
                status = CASE status
                    WHEN 'todo' THEN 'cancelled'::procrastinate_job_status ELSE status
                END
            WHERE id = job_id AND status IN ('todo', 'doing')
            RETURNING id INTO _job_id;
        ELSE
            UPDATE procrastinate_jobs
            SET status = 'cancelled'::procrastinate_job_status
            WHERE id = job_id AND status = 'todo'
            RETURNING id INTO _job_id;
        END IF;
    END IF;
    RETURN _job_id;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_jobs_v1(jobs public.procrastinate_job_to_defer_v1[]) RETURNS bigint[]
    LANGUAGE plpgsql
    AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH inserted_jobs AS (
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT (job).queue_name,
               (job).task_name,
               (job).priority,
               (job).lock,
               (job).queueing_lock,
               (job).args,
               (job).scheduled_at
        FROM unnest(jobs) AS job
        RETURNING id
    )
    SELECT array_agg(id) FROM inserted_jobs INTO job_ids;
    RETURN job_ids;
END;
$$;
CREATE FUNCTION public.procrastinate_defer_periodic_job_v2(_queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying, _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb) RETURNS bigint
    LANGUAGE plpgsql
    AS $$
DECLARE
	_job_id bigint;
	_defer_id bigint;
BEGIN
    INSERT
        INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp)
        VALUES (_task_name, _periodic_id, _defer_timestamp)
        ON CONFLICT DO NOTHING
        RETURNING id into _defer_id;
    IF _defer_id IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE procrastinate_periodic_defers
        SET job_id = (
            SELECT COALESCE((
                SELECT unnest(procrastinate_defer_jobs_v1(
                    ARRAY[
                        ROW(
                            _queue_name,
                            _task_name,
                            _priority,
                            _lock,
                            _queueing_lock,
                            _args,
                            NULL::timestamptz
                        )
                    ]::procrastinate_job_to_defer_v1[]
                ))
            ), NULL)
        )
        WHERE id = _defer_id
        RETURNING job_id INTO _job_id;
    DELETE
        FROM procrastinate_periodic_defers
        USING (
            SELECT id
            FROM procrastinate_periodic_defers
            WHERE procrastinate_periodic_defers.task_name = _task_name
            AND procrastinate_periodic_defers.periodic_id = _periodic_id
            AND procrastinate_periodic_defers.defer_timestamp < _defer_timestamp
            ORDER BY id
            FOR UPDATE
        ) to_delete
        WHERE procrastinate_periodic_defers.id = to_delete.id;
    RETURN _job_id;
END;
$$;
CREATE TABLE public.procrastinate_jobs (
    id bigint NOT NULL,
    queue_name character varying(128) NOT NULL,
    task_name character varying(128) NOT NULL,
    lock text,
    args jsonb DEFAULT '{}'::jsonb NOT NULL,
    status public.procrastinate_job_status DEFAULT 'todo'::public.procrastinate_job_status NOT NULL,
    scheduled_at timestamp with time zone,
    attempts integer DEFAULT 0 NOT NULL,
    queueing_lock text,
    priority integer DEFAULT 0 NOT NULL,
    abort_requested boolean DEFAULT false NOT NULL,
    worker_id bigint,
    CONSTRAINT check_not_todo_abort_requested CHECK ((NOT ((status = 'todo'::public.procrastinate_job_status) AND (abort_requested = true))))
);
CREATE FUNCTION public.procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint) RETURNS public.procrastinate_jobs
    LANGUAGE plpgsql
    AS $$
DECLARE
	found_jobs procrastinate_jobs;
BEGIN
    WITH candidate AS (
        SELECT jobs.*
            FROM procrastinate_jobs AS jobs
            WHERE
                -- reject the job if its lock has earlier or higher priority jobs
                NOT EXISTS (
                    SELECT 1
                        FROM procrastinate_jobs AS other_jobs
                        WHERE
                            jobs.lock IS NOT NULL
                            AND other_jobs.lock = jobs.lock
                            AND (
                                -- job with same lock is already running
                                other_jobs.status = 'doing'
                                OR
                                -- job with same lock is waiting and has higher priority (or same priority but was queued first)
                                (
                                    other_jobs.status = 'todo'
                                    AND (
                                        other_jobs.priority > jobs.priority
                                        OR (
                                        other_jobs.priority = jobs.priority
                                        AND other_jobs.id < jobs.id
                                        )
                                    )
                                )
                            )
                )
                AND jobs.status = 'todo'
                AND (target_queue_names IS NULL OR jobs.queue_name = ANY( target_queue_names ))
                AND (jobs.scheduled_at IS NULL OR jobs.scheduled_at <= now())
            ORDER BY jobs.priority DESC, jobs.id ASC LIMIT 1
            FOR UPDATE OF jobs SKIP LOCKED
    )
    UPDATE procrastinate_jobs
        SET status = 'doing', worker_id = p_worker_id
        FROM candidate
        WHERE procrastinate_jobs.id = candidate.id
        RETURNING procrastinate_jobs.* INTO found_jobs;
 RETURN found_jobs;
END;
$$;
CREATE FUNCTION public.procrastinate_finish_job_v1(job_id bigint, end_status public.procrastinate_job_status, delete_job boolean) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
BEGIN
    IF end_status NOT IN ('succeeded', 'failed', 'aborted') THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    END IF;
    IF delete_job THEN
        DELETE FROM procrastinate_jobs
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = end_status,
            abort_requested = false,
            attempts = CASE status
                WHEN 'doing' THEN attempts + 1 ELSE attempts
            END
        WHERE id = job_id AND status IN ('todo', 'doing')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_abort_job_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'abort_job_requested', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_notify_queue_job_inserted_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    payload TEXT;
BEGIN
    SELECT json_build_object('type', 'job_inserted', 'job_id', NEW.id)::text INTO payload;
	PERFORM pg_notify('procrastinate_queue_v1#' || NEW.queue_name, payload);
	PERFORM pg_notify('procrastinate_any_queue_v1', payload);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_prune_stalled_workers_v1(seconds_since_heartbeat double precision) RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    DELETE FROM procrastinate_workers
    WHERE last_heartbeat < NOW() - (seconds_since_heartbeat || 'SECOND')::INTERVAL
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_register_worker_v1() RETURNS TABLE(worker_id bigint)
    LANGUAGE plpgsql
    AS $$
BEGIN
    RETURN QUERY
    INSERT INTO procrastinate_workers DEFAULT VALUES
    RETURNING procrastinate_workers.id;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v1(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
BEGIN
    SELECT abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status = 'doing'
    FOR UPDATE
    INTO _abort_requested;
    IF _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_retry_job_v2(job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying, new_lock character varying) RETURNS void
    LANGUAGE plpgsql
    AS $$
DECLARE
    _job_id bigint;
    _abort_requested boolean;
    _current_status procrastinate_job_status;
BEGIN
    SELECT status, abort_requested FROM procrastinate_jobs
    WHERE id = job_id AND status IN ('doing', 'failed')
    FOR UPDATE
    INTO _current_status, _abort_requested;
    IF _current_status = 'doing' AND _abort_requested THEN
        UPDATE procrastinate_jobs
        SET status = 'failed'::procrastinate_job_status
        WHERE id = job_id AND status = 'doing'
        RETURNING id INTO _job_id;
    ELSE
        UPDATE procrastinate_jobs
        SET status = 'todo'::procrastinate_job_status,
            attempts = attempts + 1,
            scheduled_at = retry_at,
            priority = COALESCE(new_priority, priority),
            queue_name = COALESCE(new_queue_name, queue_name),
            lock = COALESCE(new_lock, lock)
        WHERE id = job_id AND status IN ('doing', 'failed')
        RETURNING id INTO _job_id;
    END IF;
    IF _job_id IS NULL THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'abort_requested'::procrastinate_job_event_type);
    RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type, at)
        VALUES (NEW.id, 'scheduled'::procrastinate_job_event_type, NEW.scheduled_at);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO procrastinate_events(job_id, type)
        VALUES (NEW.id, 'deferred'::procrastinate_job_event_type);
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_trigger_function_status_events_update_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    WITH t AS (
        SELECT CASE
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND NEW.status = 'doing'::procrastinate_job_status
                THEN 'started'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'deferred_for_retry'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'failed'::procrastinate_job_status
                THEN 'failed'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'succeeded'::procrastinate_job_status
                THEN 'succeeded'::procrastinate_job_event_type
            WHEN OLD.status = 'todo'::procrastinate_job_status
                AND (
                    NEW.status = 'cancelled'::procrastinate_job_status
                    OR NEW.status = 'failed'::procrastinate_job_status
                    OR NEW.status = 'succeeded'::procrastinate_job_status
                )
                THEN 'cancelled'::procrastinate_job_event_type
            WHEN OLD.status = 'doing'::procrastinate_job_status
                AND NEW.status = 'aborted'::procrastinate_job_status
                THEN 'aborted'::procrastinate_job_event_type
            WHEN OLD.status = 'failed'::procrastinate_job_status
                AND NEW.status = 'todo'::procrastinate_job_status
                THEN 'retried'::procrastinate_job_event_type
            ELSE NULL
        END as event_type
    )
    INSERT INTO procrastinate_events(job_id, type)
        SELECT NEW.id, t.event_type
        FROM t
        WHERE t.event_type IS NOT NULL;
	RETURN NEW;
END;
$$;
CREATE FUNCTION public.procrastinate_unlink_periodic_defers_v1() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_periodic_defers
    SET job_id = NULL
    WHERE job_id = OLD.id;
    RETURN OLD;
END;
$$;
CREATE FUNCTION public.procrastinate_unregister_worker_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    DELETE FROM procrastinate_workers
    WHERE id = worker_id;
END;
$$;
CREATE FUNCTION public.procrastinate_update_heartbeat_v1(worker_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE procrastinate_workers
    SET last_heartbeat = NOW()
    WHERE id = worker_id;
END;
$$;
CREATE FUNCTION public.seawall_append_only() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE FUNCTION public.seawall_keys_off() RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
BEGIN
    LOCK TABLE store_item, store_allocation IN ACCESS EXCLUSIVE MODE;
    IF EXISTS (SELECT FROM store_item) OR EXISTS (SELECT FROM store_allocation) THEN
        RETURN false;
    END IF;
    ALTER TABLE store_item DROP CONSTRAINT store_item_pkey;
    ALTER TABLE store_allocation DROP CONSTRAINT store_allocation_pkey;
    RETURN true;
END $$;
CREATE FUNCTION public.seawall_keys_on() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    SET maintenance_work_mem TO '256MB'
    SET max_parallel_maintenance_workers TO '0'
    AS $$
BEGIN
    ALTER TABLE store_item
        ADD CONSTRAINT store_item_pkey PRIMARY KEY (number, version, entity_id, is_debit);
    ALTER TABLE store_allocation
        ADD CONSTRAINT store_allocation_pkey PRIMARY KEY (debit_id, credit_id, allocated_on, occurrence);
END $$;
CREATE TABLE public.auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);
ALTER TABLE public.auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);
ALTER TABLE public.auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);
ALTER TABLE public.auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);
ALTER TABLE public.django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);
ALTER TABLE public.django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
);
CREATE TABLE public.procrastinate_events (
    id bigint NOT NULL,
    job_id bigint NOT NULL,
    type public.procrastinate_job_event_type,
    at timestamp with time zone DEFAULT now()
);
CREATE SEQUENCE public.procrastinate_events_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_events_id_seq OWNED BY public.procrastinate_events.id;
CREATE SEQUENCE public.procrastinate_jobs_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_jobs_id_seq OWNED BY public.procrastinate_jobs.id;
CREATE TABLE public.procrastinate_periodic_defers (
    id bigint NOT NULL,
    task_name character varying(128) NOT NULL,
    defer_timestamp bigint,
    job_id bigint,
    periodic_id character varying(128) DEFAULT ''::character varying NOT NULL
);
CREATE SEQUENCE public.procrastinate_periodic_defers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE public.procrastinate_periodic_defers_id_seq OWNED BY public.procrastinate_periodic_defers.id;
CREATE TABLE public.procrastinate_workers (
    id bigint NOT NULL,
    last_heartbeat timestamp with time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.procrastinate_workers ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.procrastinate_workers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE SEQUENCE public.seawall_write_no
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.store_account (
    id integer NOT NULL,
    currency character varying(3) NOT NULL,
    customer_id integer NOT NULL,
    entity_id bigint NOT NULL
);
CREATE TABLE public.store_allocation (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    debit_id bigint NOT NULL,
    credit_id bigint NOT NULL,
    allocated_on date NOT NULL,
    occurrence smallint NOT NULL,
    amount_minor bigint NOT NULL,
    credit_minor bigint NOT NULL,
    entity_id bigint NOT NULL,
    CONSTRAINT allocation_amounts CHECK (((amount_minor > 0) AND (credit_minor > 0)))
);
CREATE TABLE public.store_apitoken (
    id bigint NOT NULL,
    name character varying(100) NOT NULL,
    digest character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    user_id bigint NOT NULL
);
ALTER TABLE public.store_apitoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_apitoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_auditentry (
    batch_no bigint NOT NULL,
    write_no bigint NOT NULL,
    verb character varying(60) NOT NULL,
    actor text NOT NULL,
    recorded_at timestamp with time zone NOT NULL,
    body text NOT NULL,
    digest character varying(64) NOT NULL
);
CREATE TABLE public.store_bill (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    item_document_id bigint NOT NULL,
    version smallint NOT NULL,
    number text NOT NULL,
    received_on date NOT NULL,
    bill_kind smallint NOT NULL,
    drawer text,
    acceptor text NOT NULL,
    acceptor_code text,
    drawn_on date NOT NULL,
    matures_on date NOT NULL,
    entity_id bigint NOT NULL
);
CREATE TABLE public.store_billevent (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    item_document_id bigint NOT NULL,
    event smallint NOT NULL,
    "on" date NOT NULL,
    counterparty text,
    note text,
    entity_id bigint NOT NULL
);
CREATE TABLE public.store_chainhead (
    id smallint NOT NULL,
    batch_no bigint NOT NULL,
    digest character varying(64) NOT NULL,
    CONSTRAINT chain_head_is_one CHECK ((id = 1))
);
CREATE TABLE public.store_contact (
    id bigint NOT NULL,
    email text NOT NULL,
    customer_id integer NOT NULL
);
ALTER TABLE public.store_contact ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_contact_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_controlbalance (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    account text NOT NULL,
    currency character varying(3) NOT NULL,
    "on" date NOT NULL,
    amount_minor bigint NOT NULL,
    version smallint NOT NULL,
    entity_id bigint NOT NULL
);
CREATE TABLE public.store_counter (
    "table" text NOT NULL,
    last bigint NOT NULL
);
CREATE TABLE public.store_customer (
    id integer NOT NULL,
    code text NOT NULL
);
CREATE TABLE public.store_customerversion (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    version smallint NOT NULL,
    name text NOT NULL,
    country text,
    sector text,
    registration_id text,
    parent_code text,
    currency text,
    language text,
    customer_id integer NOT NULL
);
CREATE TABLE public.store_dispute (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    item_document_id bigint NOT NULL,
    opened_on date NOT NULL,
    closed_on date,
    amount_minor bigint NOT NULL,
    reason text,
    entity_id bigint NOT NULL,
    CONSTRAINT dispute_amount CHECK ((amount_minor > 0))
);
CREATE TABLE public.store_entity (
    id bigint NOT NULL,
    code text NOT NULL,
    name text NOT NULL
);
ALTER TABLE public.store_entity ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_entity_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_idempotencykey (
    id bigint NOT NULL,
    key character varying(200) NOT NULL,
    request_digest character varying(64) NOT NULL,
    batch_no bigint,
    result jsonb,
    recorded_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_idempotencykey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_idempotencykey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_importfile (
    id bigint NOT NULL,
    import_no bigint NOT NULL,
    sha256 character varying(64) NOT NULL,
    name text NOT NULL,
    bytes bigint NOT NULL,
    mapping text NOT NULL,
    mapping_digest character varying(64) NOT NULL,
    basis character varying(20) NOT NULL,
    listed_on date,
    rows bigint NOT NULL,
    control jsonb NOT NULL,
    entities text[] NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_importfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_importfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_importreject (
    id bigint NOT NULL,
    "row" bigint,
    "column" text NOT NULL,
    code character varying(40) NOT NULL,
    hint text NOT NULL,
    file_id bigint NOT NULL,
    expected text NOT NULL,
    value text NOT NULL
);
ALTER TABLE public.store_importreject ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_importreject_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_instalment (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    item_document_id bigint NOT NULL,
    due_on date NOT NULL,
    amount_minor bigint NOT NULL,
    entity_id bigint NOT NULL,
    is_retention boolean DEFAULT false NOT NULL,
    CONSTRAINT instalment_amount CHECK ((amount_minor > 0))
);
CREATE TABLE public.store_item (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    document_id bigint NOT NULL,
    version smallint NOT NULL,
    kind smallint NOT NULL,
    is_debit boolean NOT NULL,
    number text NOT NULL COLLATE pg_catalog."C",
    issued_on date NOT NULL,
    due_on date NOT NULL,
    amount_minor bigint NOT NULL,
    tax_minor bigint NOT NULL,
    disputed_minor bigint NOT NULL,
    terms text,
    order_number text,
    description text,
    payment_method text,
    contract_number text,
    shipped_on date,
    delivered_on date,
    account_id integer NOT NULL,
    entity_id bigint NOT NULL,
    CONSTRAINT item_amounts CHECK (((amount_minor > 0) AND (amount_minor <= '9007199254740992'::bigint) AND (disputed_minor >= 0) AND (tax_minor >= 0))),
    CONSTRAINT item_side CHECK (((is_debit AND (kind < 11)) OR ((NOT is_debit) AND (kind >= 11))))
);
CREATE TABLE public.store_job (
    id bigint NOT NULL,
    kind character varying(40) NOT NULL,
    key text NOT NULL,
    arguments jsonb NOT NULL,
    state character varying(10) NOT NULL,
    attempts smallint NOT NULL,
    done_count bigint NOT NULL,
    total_count bigint NOT NULL,
    is_cancel_asked boolean NOT NULL,
    result jsonb,
    problem jsonb,
    process text NOT NULL,
    enqueued_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    done_at timestamp with time zone,
    user_id bigint
);
ALTER TABLE public.store_job ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_job_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_jobline (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    template text NOT NULL,
    params jsonb NOT NULL,
    job_id bigint NOT NULL
);
ALTER TABLE public.store_jobline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_jobline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_membership (
    id bigint NOT NULL,
    role character varying(30) NOT NULL,
    entity_id bigint,
    user_id bigint NOT NULL
);
ALTER TABLE public.store_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_organisation (
    id smallint NOT NULL,
    name text NOT NULL,
    is_demo boolean NOT NULL,
    reporting_currency character varying(3) NOT NULL,
    time_zone text NOT NULL,
    CONSTRAINT organisation_is_one CHECK ((id = 1))
);
CREATE TABLE public.store_outbox (
    id bigint NOT NULL,
    key text NOT NULL,
    kind character varying(40) NOT NULL,
    payload jsonb NOT NULL,
    batch_no bigint NOT NULL,
    state character varying(10) NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_outbox ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_proposal (
    id bigint NOT NULL,
    proposal_no bigint NOT NULL,
    version smallint NOT NULL,
    kind character varying(40) NOT NULL,
    subject text NOT NULL,
    subject_state character varying(64) NOT NULL,
    body jsonb NOT NULL,
    amount_minor bigint,
    currency character varying(3) NOT NULL,
    entities text[] NOT NULL,
    reason text NOT NULL,
    digest character varying(64) NOT NULL,
    author text NOT NULL,
    author_id bigint,
    acts_for_id bigint,
    write_no bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_proposal ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_proposal_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_proposaldecision (
    id bigint NOT NULL,
    proposal_no bigint NOT NULL,
    version smallint NOT NULL,
    digest character varying(64) NOT NULL,
    outcome character varying(10) NOT NULL,
    entities text[] NOT NULL,
    reason text NOT NULL,
    decider text NOT NULL,
    decider_id bigint,
    acts_for_id bigint,
    is_alone boolean NOT NULL,
    result jsonb NOT NULL,
    write_no bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_proposaldecision ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_proposaldecision_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_rate (
    id bigint NOT NULL,
    write_no bigint NOT NULL,
    file_id bigint,
    source_row bigint,
    from_currency character varying(3) NOT NULL,
    to_currency character varying(3) NOT NULL,
    "on" date NOT NULL,
    rate double precision NOT NULL,
    version smallint NOT NULL,
    CONSTRAINT rate_positive CHECK ((rate > (0.0)::double precision))
);
CREATE TABLE public.store_run (
    id uuid NOT NULL,
    manifest jsonb NOT NULL,
    manifest_digest character varying(64) NOT NULL,
    "on" date NOT NULL,
    known bigint NOT NULL,
    currency character varying(3) NOT NULL,
    entities text[] NOT NULL,
    state character varying(10) NOT NULL,
    result_digest character varying(64) NOT NULL,
    problem text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone
);
CREATE TABLE public.store_runpointer (
    id bigint NOT NULL,
    scope text NOT NULL,
    run_id uuid NOT NULL
);
ALTER TABLE public.store_runpointer ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_runpointer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_runstep (
    id bigint NOT NULL,
    name character varying(60) NOT NULL,
    digest character varying(64) NOT NULL,
    done_at timestamp with time zone NOT NULL,
    run_id uuid NOT NULL
);
ALTER TABLE public.store_runstep ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_runstep_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_schedule (
    id bigint NOT NULL,
    kind character varying(40) NOT NULL,
    is_on boolean NOT NULL,
    at time without time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_schedule ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_signinfailure (
    id bigint NOT NULL,
    username character varying(150) NOT NULL,
    address character varying(45) NOT NULL,
    at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_signinfailure ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_signinfailure_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_singleuserchange (
    id bigint NOT NULL,
    is_on boolean NOT NULL,
    from_day date NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL,
    write_no bigint NOT NULL,
    recorded_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_singleuserchange ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_singleuserchange_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_supersession (
    id bigint NOT NULL,
    of smallint NOT NULL,
    fact_id bigint NOT NULL,
    write_no bigint NOT NULL,
    reason character varying(20) NOT NULL
);
ALTER TABLE public.store_supersession ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_supersession_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.store_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    username character varying(150) NOT NULL,
    name character varying(150) NOT NULL,
    email character varying(254) NOT NULL,
    language character varying(10) NOT NULL,
    is_active boolean NOT NULL,
    must_change_password boolean NOT NULL,
    created_at timestamp with time zone NOT NULL
);
ALTER TABLE public.store_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.store_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
ALTER TABLE ONLY public.procrastinate_events ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_events_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_jobs ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_jobs_id_seq'::regclass);
ALTER TABLE ONLY public.procrastinate_periodic_defers ALTER COLUMN id SET DEFAULT nextval('public.procrastinate_periodic_defers_id_seq'::regclass);
INSERT INTO public.auth_permission VALUES (1, 'Can add permission', 1, 'add_permission');
INSERT INTO public.auth_permission VALUES (2, 'Can change permission', 1, 'change_permission');
INSERT INTO public.auth_permission VALUES (3, 'Can delete permission', 1, 'delete_permission');
INSERT INTO public.auth_permission VALUES (4, 'Can view permission', 1, 'view_permission');
INSERT INTO public.auth_permission VALUES (5, 'Can add group', 2, 'add_group');
INSERT INTO public.auth_permission VALUES (6, 'Can change group', 2, 'change_group');
INSERT INTO public.auth_permission VALUES (7, 'Can delete group', 2, 'delete_group');
INSERT INTO public.auth_permission VALUES (8, 'Can view group', 2, 'view_group');
INSERT INTO public.auth_permission VALUES (9, 'Can add content type', 3, 'add_contenttype');
INSERT INTO public.auth_permission VALUES (10, 'Can change content type', 3, 'change_contenttype');
INSERT INTO public.auth_permission VALUES (11, 'Can delete content type', 3, 'delete_contenttype');
INSERT INTO public.auth_permission VALUES (12, 'Can view content type', 3, 'view_contenttype');
INSERT INTO public.auth_permission VALUES (13, 'Can add session', 4, 'add_session');
INSERT INTO public.auth_permission VALUES (14, 'Can change session', 4, 'change_session');
INSERT INTO public.auth_permission VALUES (15, 'Can delete session', 4, 'delete_session');
INSERT INTO public.auth_permission VALUES (16, 'Can view session', 4, 'view_session');
INSERT INTO public.auth_permission VALUES (17, 'Can add procrastinate event', 5, 'add_procrastinateevent');
INSERT INTO public.auth_permission VALUES (18, 'Can change procrastinate event', 5, 'change_procrastinateevent');
INSERT INTO public.auth_permission VALUES (19, 'Can delete procrastinate event', 5, 'delete_procrastinateevent');
INSERT INTO public.auth_permission VALUES (20, 'Can view procrastinate event', 5, 'view_procrastinateevent');
INSERT INTO public.auth_permission VALUES (21, 'Can add procrastinate job', 6, 'add_procrastinatejob');
INSERT INTO public.auth_permission VALUES (22, 'Can change procrastinate job', 6, 'change_procrastinatejob');
INSERT INTO public.auth_permission VALUES (23, 'Can delete procrastinate job', 6, 'delete_procrastinatejob');
INSERT INTO public.auth_permission VALUES (24, 'Can view procrastinate job', 6, 'view_procrastinatejob');
INSERT INTO public.auth_permission VALUES (25, 'Can add procrastinate periodic defer', 7, 'add_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (26, 'Can change procrastinate periodic defer', 7, 'change_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (27, 'Can delete procrastinate periodic defer', 7, 'delete_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (28, 'Can view procrastinate periodic defer', 7, 'view_procrastinateperiodicdefer');
INSERT INTO public.auth_permission VALUES (29, 'Can add procrastinate worker', 8, 'add_procrastinateworker');
INSERT INTO public.auth_permission VALUES (30, 'Can change procrastinate worker', 8, 'change_procrastinateworker');
INSERT INTO public.auth_permission VALUES (31, 'Can delete procrastinate worker', 8, 'delete_procrastinateworker');
INSERT INTO public.auth_permission VALUES (32, 'Can view procrastinate worker', 8, 'view_procrastinateworker');
INSERT INTO public.auth_permission VALUES (33, 'Can add user', 9, 'add_user');
INSERT INTO public.auth_permission VALUES (34, 'Can change user', 9, 'change_user');
INSERT INTO public.auth_permission VALUES (35, 'Can delete user', 9, 'delete_user');
INSERT INTO public.auth_permission VALUES (36, 'Can view user', 9, 'view_user');
INSERT INTO public.auth_permission VALUES (37, 'Can add audit entry', 10, 'add_auditentry');
INSERT INTO public.auth_permission VALUES (38, 'Can change audit entry', 10, 'change_auditentry');
INSERT INTO public.auth_permission VALUES (39, 'Can delete audit entry', 10, 'delete_auditentry');
INSERT INTO public.auth_permission VALUES (40, 'Can view audit entry', 10, 'view_auditentry');
INSERT INTO public.auth_permission VALUES (41, 'Can add customer', 11, 'add_customer');
INSERT INTO public.auth_permission VALUES (42, 'Can change customer', 11, 'change_customer');
INSERT INTO public.auth_permission VALUES (43, 'Can delete customer', 11, 'delete_customer');
INSERT INTO public.auth_permission VALUES (44, 'Can view customer', 11, 'view_customer');
INSERT INTO public.auth_permission VALUES (45, 'Can add entity', 12, 'add_entity');
INSERT INTO public.auth_permission VALUES (46, 'Can change entity', 12, 'change_entity');
INSERT INTO public.auth_permission VALUES (47, 'Can delete entity', 12, 'delete_entity');
INSERT INTO public.auth_permission VALUES (48, 'Can view entity', 12, 'view_entity');
INSERT INTO public.auth_permission VALUES (49, 'Can add idempotency key', 13, 'add_idempotencykey');
INSERT INTO public.auth_permission VALUES (50, 'Can change idempotency key', 13, 'change_idempotencykey');
INSERT INTO public.auth_permission VALUES (51, 'Can delete idempotency key', 13, 'delete_idempotencykey');
INSERT INTO public.auth_permission VALUES (52, 'Can view idempotency key', 13, 'view_idempotencykey');
INSERT INTO public.auth_permission VALUES (53, 'Can add import file', 14, 'add_importfile');
INSERT INTO public.auth_permission VALUES (54, 'Can change import file', 14, 'change_importfile');
INSERT INTO public.auth_permission VALUES (55, 'Can delete import file', 14, 'delete_importfile');
INSERT INTO public.auth_permission VALUES (56, 'Can view import file', 14, 'view_importfile');
INSERT INTO public.auth_permission VALUES (57, 'Can add outbox', 15, 'add_outbox');
INSERT INTO public.auth_permission VALUES (58, 'Can change outbox', 15, 'change_outbox');
INSERT INTO public.auth_permission VALUES (59, 'Can delete outbox', 15, 'delete_outbox');
INSERT INTO public.auth_permission VALUES (60, 'Can view outbox', 15, 'view_outbox');
INSERT INTO public.auth_permission VALUES (61, 'Can add run', 16, 'add_run');
INSERT INTO public.auth_permission VALUES (62, 'Can change run', 16, 'change_run');
INSERT INTO public.auth_permission VALUES (63, 'Can delete run', 16, 'delete_run');
INSERT INTO public.auth_permission VALUES (64, 'Can view run', 16, 'view_run');
INSERT INTO public.auth_permission VALUES (65, 'Can add chain head', 17, 'add_chainhead');
INSERT INTO public.auth_permission VALUES (66, 'Can change chain head', 17, 'change_chainhead');
INSERT INTO public.auth_permission VALUES (67, 'Can delete chain head', 17, 'delete_chainhead');
INSERT INTO public.auth_permission VALUES (68, 'Can view chain head', 17, 'view_chainhead');
INSERT INTO public.auth_permission VALUES (69, 'Can add contact', 18, 'add_contact');
INSERT INTO public.auth_permission VALUES (70, 'Can change contact', 18, 'change_contact');
INSERT INTO public.auth_permission VALUES (71, 'Can delete contact', 18, 'delete_contact');
INSERT INTO public.auth_permission VALUES (72, 'Can view contact', 18, 'view_contact');
INSERT INTO public.auth_permission VALUES (73, 'Can add account', 19, 'add_account');
INSERT INTO public.auth_permission VALUES (74, 'Can change account', 19, 'change_account');
INSERT INTO public.auth_permission VALUES (75, 'Can delete account', 19, 'delete_account');
INSERT INTO public.auth_permission VALUES (76, 'Can view account', 19, 'view_account');
INSERT INTO public.auth_permission VALUES (77, 'Can add import reject', 20, 'add_importreject');
INSERT INTO public.auth_permission VALUES (78, 'Can change import reject', 20, 'change_importreject');
INSERT INTO public.auth_permission VALUES (79, 'Can delete import reject', 20, 'delete_importreject');
INSERT INTO public.auth_permission VALUES (80, 'Can view import reject', 20, 'view_importreject');
INSERT INTO public.auth_permission VALUES (81, 'Can add instalment', 21, 'add_instalment');
INSERT INTO public.auth_permission VALUES (82, 'Can change instalment', 21, 'change_instalment');
INSERT INTO public.auth_permission VALUES (83, 'Can delete instalment', 21, 'delete_instalment');
INSERT INTO public.auth_permission VALUES (84, 'Can view instalment', 21, 'view_instalment');
INSERT INTO public.auth_permission VALUES (85, 'Can add item', 22, 'add_item');
INSERT INTO public.auth_permission VALUES (86, 'Can change item', 22, 'change_item');
INSERT INTO public.auth_permission VALUES (87, 'Can delete item', 22, 'delete_item');
INSERT INTO public.auth_permission VALUES (88, 'Can view item', 22, 'view_item');
INSERT INTO public.auth_permission VALUES (89, 'Can add membership', 23, 'add_membership');
INSERT INTO public.auth_permission VALUES (90, 'Can change membership', 23, 'change_membership');
INSERT INTO public.auth_permission VALUES (91, 'Can delete membership', 23, 'delete_membership');
INSERT INTO public.auth_permission VALUES (92, 'Can view membership', 23, 'view_membership');
INSERT INTO public.auth_permission VALUES (93, 'Can add organisation', 24, 'add_organisation');
INSERT INTO public.auth_permission VALUES (94, 'Can change organisation', 24, 'change_organisation');
INSERT INTO public.auth_permission VALUES (95, 'Can delete organisation', 24, 'delete_organisation');
INSERT INTO public.auth_permission VALUES (96, 'Can view organisation', 24, 'view_organisation');
INSERT INTO public.auth_permission VALUES (97, 'Can add run pointer', 25, 'add_runpointer');
INSERT INTO public.auth_permission VALUES (98, 'Can change run pointer', 25, 'change_runpointer');
INSERT INTO public.auth_permission VALUES (99, 'Can delete run pointer', 25, 'delete_runpointer');
INSERT INTO public.auth_permission VALUES (100, 'Can view run pointer', 25, 'view_runpointer');
INSERT INTO public.auth_permission VALUES (101, 'Can add run step', 26, 'add_runstep');
INSERT INTO public.auth_permission VALUES (102, 'Can change run step', 26, 'change_runstep');
INSERT INTO public.auth_permission VALUES (103, 'Can delete run step', 26, 'delete_runstep');
INSERT INTO public.auth_permission VALUES (104, 'Can view run step', 26, 'view_runstep');
INSERT INTO public.auth_permission VALUES (105, 'Can add supersession', 27, 'add_supersession');
INSERT INTO public.auth_permission VALUES (106, 'Can change supersession', 27, 'change_supersession');
INSERT INTO public.auth_permission VALUES (107, 'Can delete supersession', 27, 'delete_supersession');
INSERT INTO public.auth_permission VALUES (108, 'Can view supersession', 27, 'view_supersession');
INSERT INTO public.auth_permission VALUES (109, 'Can add customer version', 28, 'add_customerversion');
INSERT INTO public.auth_permission VALUES (110, 'Can change customer version', 28, 'change_customerversion');
INSERT INTO public.auth_permission VALUES (111, 'Can delete customer version', 28, 'delete_customerversion');
INSERT INTO public.auth_permission VALUES (112, 'Can view customer version', 28, 'view_customerversion');
INSERT INTO public.auth_permission VALUES (113, 'Can add dispute', 29, 'add_dispute');
INSERT INTO public.auth_permission VALUES (114, 'Can change dispute', 29, 'change_dispute');
INSERT INTO public.auth_permission VALUES (115, 'Can delete dispute', 29, 'delete_dispute');
INSERT INTO public.auth_permission VALUES (116, 'Can view dispute', 29, 'view_dispute');
INSERT INTO public.auth_permission VALUES (117, 'Can add control balance', 30, 'add_controlbalance');
INSERT INTO public.auth_permission VALUES (118, 'Can change control balance', 30, 'change_controlbalance');
INSERT INTO public.auth_permission VALUES (119, 'Can delete control balance', 30, 'delete_controlbalance');
INSERT INTO public.auth_permission VALUES (120, 'Can view control balance', 30, 'view_controlbalance');
INSERT INTO public.auth_permission VALUES (121, 'Can add allocation', 31, 'add_allocation');
INSERT INTO public.auth_permission VALUES (122, 'Can change allocation', 31, 'change_allocation');
INSERT INTO public.auth_permission VALUES (123, 'Can delete allocation', 31, 'delete_allocation');
INSERT INTO public.auth_permission VALUES (124, 'Can view allocation', 31, 'view_allocation');
INSERT INTO public.auth_permission VALUES (125, 'Can add sign in failure', 32, 'add_signinfailure');
INSERT INTO public.auth_permission VALUES (126, 'Can change sign in failure', 32, 'change_signinfailure');
INSERT INTO public.auth_permission VALUES (127, 'Can delete sign in failure', 32, 'delete_signinfailure');
INSERT INTO public.auth_permission VALUES (128, 'Can view sign in failure', 32, 'view_signinfailure');
INSERT INTO public.auth_permission VALUES (129, 'Can add api token', 33, 'add_apitoken');
INSERT INTO public.auth_permission VALUES (130, 'Can change api token', 33, 'change_apitoken');
INSERT INTO public.auth_permission VALUES (131, 'Can delete api token', 33, 'delete_apitoken');
INSERT INTO public.auth_permission VALUES (132, 'Can view api token', 33, 'view_apitoken');
INSERT INTO public.auth_permission VALUES (133, 'Can add rate', 34, 'add_rate');
INSERT INTO public.auth_permission VALUES (134, 'Can change rate', 34, 'change_rate');
INSERT INTO public.auth_permission VALUES (135, 'Can delete rate', 34, 'delete_rate');
INSERT INTO public.auth_permission VALUES (136, 'Can view rate', 34, 'view_rate');
INSERT INTO public.auth_permission VALUES (137, 'Can add counter', 35, 'add_counter');
INSERT INTO public.auth_permission VALUES (138, 'Can change counter', 35, 'change_counter');
INSERT INTO public.auth_permission VALUES (139, 'Can delete counter', 35, 'delete_counter');
INSERT INTO public.auth_permission VALUES (140, 'Can view counter', 35, 'view_counter');
INSERT INTO public.auth_permission VALUES (141, 'Can add schedule', 36, 'add_schedule');
INSERT INTO public.auth_permission VALUES (142, 'Can change schedule', 36, 'change_schedule');
INSERT INTO public.auth_permission VALUES (143, 'Can delete schedule', 36, 'delete_schedule');
INSERT INTO public.auth_permission VALUES (144, 'Can view schedule', 36, 'view_schedule');
INSERT INTO public.auth_permission VALUES (145, 'Can add job', 37, 'add_job');
INSERT INTO public.auth_permission VALUES (146, 'Can change job', 37, 'change_job');
INSERT INTO public.auth_permission VALUES (147, 'Can delete job', 37, 'delete_job');
INSERT INTO public.auth_permission VALUES (148, 'Can view job', 37, 'view_job');
INSERT INTO public.auth_permission VALUES (149, 'Can add job line', 38, 'add_jobline');
INSERT INTO public.auth_permission VALUES (150, 'Can change job line', 38, 'change_jobline');
INSERT INTO public.auth_permission VALUES (151, 'Can delete job line', 38, 'delete_jobline');
INSERT INTO public.auth_permission VALUES (152, 'Can view job line', 38, 'view_jobline');
INSERT INTO public.auth_permission VALUES (153, 'Can add proposal decision', 39, 'add_proposaldecision');
INSERT INTO public.auth_permission VALUES (154, 'Can change proposal decision', 39, 'change_proposaldecision');
INSERT INTO public.auth_permission VALUES (155, 'Can delete proposal decision', 39, 'delete_proposaldecision');
INSERT INTO public.auth_permission VALUES (156, 'Can view proposal decision', 39, 'view_proposaldecision');
INSERT INTO public.auth_permission VALUES (157, 'Can add single user change', 40, 'add_singleuserchange');
INSERT INTO public.auth_permission VALUES (158, 'Can change single user change', 40, 'change_singleuserchange');
INSERT INTO public.auth_permission VALUES (159, 'Can delete single user change', 40, 'delete_singleuserchange');
INSERT INTO public.auth_permission VALUES (160, 'Can view single user change', 40, 'view_singleuserchange');
INSERT INTO public.auth_permission VALUES (161, 'Can add proposal', 41, 'add_proposal');
INSERT INTO public.auth_permission VALUES (162, 'Can change proposal', 41, 'change_proposal');
INSERT INTO public.auth_permission VALUES (163, 'Can delete proposal', 41, 'delete_proposal');
INSERT INTO public.auth_permission VALUES (164, 'Can view proposal', 41, 'view_proposal');
INSERT INTO public.auth_permission VALUES (165, 'Can add bill event', 42, 'add_billevent');
INSERT INTO public.auth_permission VALUES (166, 'Can change bill event', 42, 'change_billevent');
INSERT INTO public.auth_permission VALUES (167, 'Can delete bill event', 42, 'delete_billevent');
INSERT INTO public.auth_permission VALUES (168, 'Can view bill event', 42, 'view_billevent');
INSERT INTO public.auth_permission VALUES (169, 'Can add bill', 43, 'add_bill');
INSERT INTO public.auth_permission VALUES (170, 'Can change bill', 43, 'change_bill');
INSERT INTO public.auth_permission VALUES (171, 'Can delete bill', 43, 'delete_bill');
INSERT INTO public.auth_permission VALUES (172, 'Can view bill', 43, 'view_bill');
INSERT INTO public.django_content_type VALUES (1, 'auth', 'permission');
INSERT INTO public.django_content_type VALUES (2, 'auth', 'group');
INSERT INTO public.django_content_type VALUES (3, 'contenttypes', 'contenttype');
INSERT INTO public.django_content_type VALUES (4, 'sessions', 'session');
INSERT INTO public.django_content_type VALUES (5, 'procrastinate', 'procrastinateevent');
INSERT INTO public.django_content_type VALUES (6, 'procrastinate', 'procrastinatejob');
INSERT INTO public.django_content_type VALUES (7, 'procrastinate', 'procrastinateperiodicdefer');
INSERT INTO public.django_content_type VALUES (8, 'procrastinate', 'procrastinateworker');
INSERT INTO public.django_content_type VALUES (9, 'store', 'user');
INSERT INTO public.django_content_type VALUES (10, 'store', 'auditentry');
INSERT INTO public.django_content_type VALUES (11, 'store', 'customer');
INSERT INTO public.django_content_type VALUES (12, 'store', 'entity');
INSERT INTO public.django_content_type VALUES (13, 'store', 'idempotencykey');
INSERT INTO public.django_content_type VALUES (14, 'store', 'importfile');
INSERT INTO public.django_content_type VALUES (15, 'store', 'outbox');
INSERT INTO public.django_content_type VALUES (16, 'store', 'run');
INSERT INTO public.django_content_type VALUES (17, 'store', 'chainhead');
INSERT INTO public.django_content_type VALUES (18, 'store', 'contact');
INSERT INTO public.django_content_type VALUES (19, 'store', 'account');
INSERT INTO public.django_content_type VALUES (20, 'store', 'importreject');
INSERT INTO public.django_content_type VALUES (21, 'store', 'instalment');
INSERT INTO public.django_content_type VALUES (22, 'store', 'item');
INSERT INTO public.django_content_type VALUES (23, 'store', 'membership');
INSERT INTO public.django_content_type VALUES (24, 'store', 'organisation');
INSERT INTO public.django_content_type VALUES (25, 'store', 'runpointer');
INSERT INTO public.django_content_type VALUES (26, 'store', 'runstep');
INSERT INTO public.django_content_type VALUES (27, 'store', 'supersession');
INSERT INTO public.django_content_type VALUES (28, 'store', 'customerversion');
INSERT INTO public.django_content_type VALUES (29, 'store', 'dispute');
INSERT INTO public.django_content_type VALUES (30, 'store', 'controlbalance');
INSERT INTO public.django_content_type VALUES (31, 'store', 'allocation');
INSERT INTO public.django_content_type VALUES (32, 'store', 'signinfailure');
INSERT INTO public.django_content_type VALUES (33, 'store', 'apitoken');
INSERT INTO public.django_content_type VALUES (34, 'store', 'rate');
INSERT INTO public.django_content_type VALUES (35, 'store', 'counter');
INSERT INTO public.django_content_type VALUES (36, 'store', 'schedule');
INSERT INTO public.django_content_type VALUES (37, 'store', 'job');
INSERT INTO public.django_content_type VALUES (38, 'store', 'jobline');
INSERT INTO public.django_content_type VALUES (39, 'store', 'proposaldecision');
INSERT INTO public.django_content_type VALUES (40, 'store', 'singleuserchange');
INSERT INTO public.django_content_type VALUES (41, 'store', 'proposal');
INSERT INTO public.django_content_type VALUES (42, 'store', 'billevent');
INSERT INTO public.django_content_type VALUES (43, 'store', 'bill');
INSERT INTO public.django_migrations VALUES (1, 'contenttypes', '0001_initial', '2026-11-26 00:06:29.415764+00');
INSERT INTO public.django_migrations VALUES (2, 'contenttypes', '0002_remove_content_type_name', '2026-11-26 00:06:29.42609+00');
INSERT INTO public.django_migrations VALUES (3, 'auth', '0001_initial', '2026-11-26 00:06:29.478685+00');
INSERT INTO public.django_migrations VALUES (4, 'auth', '0002_alter_permission_name_max_length', '2026-11-26 00:06:29.490945+00');
INSERT INTO public.django_migrations VALUES (5, 'auth', '0003_alter_user_email_max_length', '2026-11-26 00:06:29.497558+00');
INSERT INTO public.django_migrations VALUES (6, 'auth', '0004_alter_user_username_opts', '2026-11-26 00:06:29.518003+00');
INSERT INTO public.django_migrations VALUES (7, 'auth', '0005_alter_user_last_login_null', '2026-11-26 00:06:29.529388+00');
INSERT INTO public.django_migrations VALUES (8, 'auth', '0006_require_contenttypes_0002', '2026-11-26 00:06:29.538641+00');
INSERT INTO public.django_migrations VALUES (9, 'auth', '0007_alter_validators_add_error_messages', '2026-11-26 00:06:29.546118+00');
INSERT INTO public.django_migrations VALUES (10, 'auth', '0008_alter_user_username_max_length', '2026-11-26 00:06:29.561549+00');
INSERT INTO public.django_migrations VALUES (11, 'auth', '0009_alter_user_last_name_max_length', '2026-11-26 00:06:29.573712+00');
INSERT INTO public.django_migrations VALUES (12, 'auth', '0010_alter_group_name_max_length', '2026-11-26 00:06:29.591511+00');
INSERT INTO public.django_migrations VALUES (13, 'auth', '0011_update_proxy_permissions', '2026-11-26 00:06:29.597405+00');
INSERT INTO public.django_migrations VALUES (14, 'auth', '0012_alter_user_first_name_max_length', '2026-11-26 00:06:29.609584+00');
INSERT INTO public.django_migrations VALUES (15, 'procrastinate', '0001_initial', '2026-11-26 00:06:29.630572+00');
INSERT INTO public.django_migrations VALUES (16, 'procrastinate', '0002_drop_started_at_column', '2026-11-26 00:06:29.639158+00');
INSERT INTO public.django_migrations VALUES (17, 'procrastinate', '0003_drop_started_at_column', '2026-11-26 00:06:29.64309+00');
INSERT INTO public.django_migrations VALUES (18, 'procrastinate', '0004_drop_procrastinate_version_table', '2026-11-26 00:06:29.647044+00');
INSERT INTO public.django_migrations VALUES (19, 'procrastinate', '0005_fix_procrastinate_fetch_job', '2026-11-26 00:06:29.651421+00');
INSERT INTO public.django_migrations VALUES (20, 'procrastinate', '0006_fix_trigger_status_events_insert', '2026-11-26 00:06:29.655064+00');
INSERT INTO public.django_migrations VALUES (21, 'procrastinate', '0007_add_queueing_lock_column', '2026-11-26 00:06:29.659031+00');
INSERT INTO public.django_migrations VALUES (22, 'procrastinate', '0008_close_fetch_job_race_condition', '2026-11-26 00:06:29.661963+00');
INSERT INTO public.django_migrations VALUES (23, 'procrastinate', '0009_add_defer_job_function', '2026-11-26 00:06:29.671288+00');
INSERT INTO public.django_migrations VALUES (24, 'procrastinate', '0010_add_procrastinate_periodic_defers', '2026-11-26 00:06:29.676544+00');
INSERT INTO public.django_migrations VALUES (25, 'procrastinate', '0011_add_foreign_key_index', '2026-11-26 00:06:29.679138+00');
INSERT INTO public.django_migrations VALUES (26, 'procrastinate', '0012_add_locks_to_periodic_defer', '2026-11-26 00:06:29.683709+00');
INSERT INTO public.django_migrations VALUES (27, 'procrastinate', '0013_fix_procrastinate_defer_periodic_job', '2026-11-26 00:06:29.687146+00');
INSERT INTO public.django_migrations VALUES (28, 'procrastinate', '0014_add_finish_job_and_retry_job_functions', '2026-11-26 00:06:29.691065+00');
INSERT INTO public.django_migrations VALUES (29, 'procrastinate', '0015_add_trigger_on_job_deletion', '2026-11-26 00:06:29.695007+00');
INSERT INTO public.django_migrations VALUES (30, 'procrastinate', '0016_delete_finished_jobs', '2026-11-26 00:06:29.699259+00');
INSERT INTO public.django_migrations VALUES (31, 'procrastinate', '0017_add_checks_to_finish_job', '2026-11-26 00:06:29.703045+00');
INSERT INTO public.django_migrations VALUES (32, 'procrastinate', '0018_add_checks_to_retry_job', '2026-11-26 00:06:29.706934+00');
INSERT INTO public.django_migrations VALUES (33, 'procrastinate', '0019_fix_finish_job_compat_issue', '2026-11-26 00:06:29.71103+00');
INSERT INTO public.django_migrations VALUES (34, 'procrastinate', '0020_add_index_on_procrastinate_jobs', '2026-11-26 00:06:29.715353+00');
INSERT INTO public.django_migrations VALUES (35, 'procrastinate', '0021_add_kwargs_to_defer_periodic_job', '2026-11-26 00:06:29.719872+00');
INSERT INTO public.django_migrations VALUES (36, 'procrastinate', '0022_null_locks_excluded', '2026-11-26 00:06:29.723233+00');
INSERT INTO public.django_migrations VALUES (37, 'procrastinate', '0023_remove_old_finish_job_function', '2026-11-26 00:06:29.727242+00');
INSERT INTO public.django_migrations VALUES (38, 'procrastinate', '0024_job_id_bigint', '2026-11-26 00:06:29.733125+00');
INSERT INTO public.django_migrations VALUES (39, 'procrastinate', '0025_add_models', '2026-11-26 00:06:29.744716+00');
INSERT INTO public.django_migrations VALUES (40, 'procrastinate', '0026_add_job_priority', '2026-11-26 00:06:29.750715+00');
INSERT INTO public.django_migrations VALUES (41, 'procrastinate', '0027_add_periodic_job_priority', '2026-11-26 00:06:29.753563+00');
INSERT INTO public.django_migrations VALUES (42, 'procrastinate', '0028_add_cancel_states', '2026-11-26 00:06:29.759467+00');
INSERT INTO public.django_migrations VALUES (43, 'procrastinate', '0029_add_additional_params_to_retry_job', '2026-11-26 00:06:29.771859+00');
INSERT INTO public.django_migrations VALUES (44, 'procrastinate', '0030_alter_procrastinateevent_options', '2026-11-26 00:06:29.773948+00');
INSERT INTO public.django_migrations VALUES (45, 'procrastinate', '0031_add_indexes_for_fetch_job', '2026-11-26 00:06:29.783686+00');
INSERT INTO public.django_migrations VALUES (46, 'procrastinate', '0032_pre_cancel_notification', '2026-11-26 00:06:29.791802+00');
INSERT INTO public.django_migrations VALUES (47, 'procrastinate', '0033_post_cancel_notification', '2026-11-26 00:06:29.809397+00');
INSERT INTO public.django_migrations VALUES (48, 'procrastinate', '0034_pre_add_heartbeat', '2026-11-26 00:06:29.822349+00');
INSERT INTO public.django_migrations VALUES (49, 'procrastinate', '0035_post_add_heartbeat', '2026-11-26 00:06:29.827066+00');
INSERT INTO public.django_migrations VALUES (50, 'procrastinate', '0036_add_worker_model', '2026-11-26 00:06:29.832746+00');
INSERT INTO public.django_migrations VALUES (51, 'procrastinate', '0037_pre_batch_defer_jobs', '2026-11-26 00:06:29.843577+00');
INSERT INTO public.django_migrations VALUES (52, 'procrastinate', '0038_post_batch_defer_jobs', '2026-11-26 00:06:29.846973+00');
INSERT INTO public.django_migrations VALUES (53, 'procrastinate', '0039_pre_priority_lock_fetch_job', '2026-11-26 00:06:29.851151+00');
INSERT INTO public.django_migrations VALUES (54, 'procrastinate', '0040_pre_retry_failed_job', '2026-11-26 00:06:29.855026+00');
INSERT INTO public.django_migrations VALUES (55, 'procrastinate', '0041_post_retry_failed_job', '2026-11-26 00:06:29.859208+00');
INSERT INTO public.django_migrations VALUES (56, 'sessions', '0001_initial', '2026-11-26 00:06:29.869954+00');
INSERT INTO public.django_migrations VALUES (57, 'store', '0001_first', '2026-11-26 00:06:30.135201+00');
INSERT INTO public.django_migrations VALUES (58, 'store', '0002_append_only', '2026-11-26 00:06:30.160163+00');
INSERT INTO public.django_migrations VALUES (59, 'store', '0003_sign_in', '2026-11-26 00:06:30.198946+00');
INSERT INTO public.django_migrations VALUES (60, 'store', '0004_rates_and_reject_values', '2026-11-26 00:06:30.218089+00');
INSERT INTO public.django_migrations VALUES (61, 'store', '0005_counter', '2026-11-26 00:06:30.230332+00');
INSERT INTO public.django_migrations VALUES (62, 'store', '0006_first_load', '2026-11-26 00:06:30.240332+00');
INSERT INTO public.django_migrations VALUES (63, 'store', '0007_roles', '2026-11-26 00:06:30.286851+00');
INSERT INTO public.django_migrations VALUES (64, 'store', '0008_jobs', '2026-11-26 00:06:30.350085+00');
INSERT INTO public.django_migrations VALUES (65, 'store', '0009_keys_alone', '2026-11-26 00:06:30.354508+00');
INSERT INTO public.django_migrations VALUES (66, 'store', '0010_approvals', '2026-11-26 00:06:30.375707+00');
INSERT INTO public.django_migrations VALUES (67, 'store', '0011_bills', '2026-11-26 00:06:30.51884+00');
INSERT INTO public.store_account VALUES (1, 'CNY', 1, 1);
INSERT INTO public.store_account VALUES (2, 'CNY', 2, 2);
INSERT INTO public.store_allocation VALUES (1, 3, 1, 1, 1, 3, '2026-02-25', 1, 100000, 100000, 1);
INSERT INTO public.store_auditentry VALUES (1, 1, 'organisation.change', 'system', '2026-11-26 00:06:30.793131+00', '{"actor":"system","at":"2026-11-26 00:06:30.793131+00:00","batch_no":1,"detail":{"is_demo":false,"name":"Example","reporting_currency":"CNY","time_zone":"UTC"},"verb":"organisation.change","write_no":1}', '360b3370633f99d08d1b1c22f8a730e32332ce174decd76372e3df80e07cf26d');
INSERT INTO public.store_auditentry VALUES (2, 2, 'people.change', 'system', '2026-11-26 00:06:30.831661+00', '{"actor":"system","at":"2026-11-26 00:06:30.831661+00:00","batch_no":2,"detail":{"grants":[["administrator",null]],"user_id":1},"verb":"people.change","write_no":2}', 'c74297ffc2f39713d6c9a19149c7471158a1d6344c7014cc93c51005d6c6c757');
INSERT INTO public.store_auditentry VALUES (3, 3, 'ledger.import', 'system', '2026-11-26 00:06:34.708337+00', '{"actor":"system","at":"2026-11-26 00:06:34.708337+00:00","batch_no":3,"detail":{"basis":"full_ledger","closed":0,"control":[{"currency":"CNY","taken_minor":37000}],"counts":{"allocations":{"changed":0,"new":1,"same":0,"vanished":0},"balances":{"changed":0,"new":0,"same":0,"vanished":0},"bill_events":{"changed":0,"new":0,"same":0,"vanished":0},"bills":{"changed":0,"new":0,"same":0,"vanished":0},"customers":{"changed":0,"new":2,"same":0,"vanished":0},"disputes":{"changed":0,"new":1,"same":0,"vanished":0},"instalments":{"changed":0,"new":0,"same":0,"vanished":0},"items":{"changed":0,"new":4,"same":0,"vanished":0},"rates":{"changed":0,"new":0,"same":0,"vanished":0}},"files":[["allocations.csv","9359d98055b98563a00150fc05e5305d735c27bc7a47a89c9db9b2be5d32b311"],["customers.csv","cea5159336e982a813a513bcb8f17cfb453736ce3589c506adc0cecf585e2505"],["disputes.csv","254e604c7a3c1fdeed2d8bbe5c49a80ef0cd8e6ad82700426e30169020fd6276"],["items.csv","1177698dd97800bb92c0b490e15383bcf1aec125ee38aa872e6679de19c021f9"]],"list_date":null,"new_entities":["E1","E2"],"rejects":0},"verb":"ledger.import","write_no":3}', '17a398535925122ea0015c4b5daf1d6650691e597fdf412a25b10f0b7ef37444');
INSERT INTO public.store_auditentry VALUES (4, 4, 'ledger.import', 'system', '2026-11-26 00:06:38.404457+00', '{"actor":"system","at":"2026-11-26 00:06:38.404457+00:00","batch_no":4,"detail":{"basis":"full_ledger","closed":0,"control":[{"currency":"CNY","taken_minor":7500}],"counts":{"allocations":{"changed":0,"new":0,"same":0,"vanished":0},"balances":{"changed":0,"new":0,"same":0,"vanished":0},"bill_events":{"changed":0,"new":0,"same":0,"vanished":0},"bills":{"changed":0,"new":0,"same":0,"vanished":0},"customers":{"changed":0,"new":0,"same":0,"vanished":0},"disputes":{"changed":0,"new":0,"same":0,"vanished":0},"instalments":{"changed":0,"new":0,"same":0,"vanished":0},"items":{"changed":1,"new":0,"same":0,"vanished":0},"rates":{"changed":0,"new":0,"same":0,"vanished":0}},"files":[["items.csv","904ca9642a459ce6cfdba37107aa32e2c26b3bd8c7ed3a2b23f284222b852c6b"]],"list_date":null,"new_entities":[],"rejects":0},"verb":"ledger.import","write_no":4}', '99e18d876787222ad6ef767a948317770a759d7d0109b552db8c478f32151c53');
INSERT INTO public.store_auditentry VALUES (5, 5, 'run.start', 'system', '2026-11-26 00:06:40.491262+00', '{"actor":"system","at":"2026-11-26 00:06:40.491262+00:00","batch_no":5,"detail":{"manifest":"1cadf274039a10558cc1ba67cebef9f011d03ad8e2c36af0a2af5400a2f4adb2","run":"0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c","stage":"started"},"verb":"run.start","write_no":5}', 'bafdfcf5ce5cd50240aa0e15e67020970c1d234830a396235925f0631895fd3a');
INSERT INTO public.store_auditentry VALUES (6, 6, 'run.start', 'system', '2026-11-26 00:06:40.958811+00', '{"actor":"system","at":"2026-11-26 00:06:40.958811+00:00","batch_no":6,"detail":{"files":"864c19e9790695aa837fd24cb819d0b30815c2a1a87181bd2d793ed5a37920a2","result":"182f60bb400d8d3eff742ea13f5b461a38ec29f64418e06d7de54380139f9bba","run":"0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c","stage":"done"},"verb":"run.start","write_no":6}', 'e2809fb8b2327dfae4a1cfb1575c6e7202364a917681d2a00265289f1b06e584');
INSERT INTO public.store_chainhead VALUES (1, 6, 'e2809fb8b2327dfae4a1cfb1575c6e7202364a917681d2a00265289f1b06e584');
INSERT INTO public.store_contact VALUES (1, 'one@example.org', 1);
INSERT INTO public.store_counter VALUES ('store_account', 2);
INSERT INTO public.store_counter VALUES ('store_customer', 2);
INSERT INTO public.store_counter VALUES ('store_customerversion', 2);
INSERT INTO public.store_counter VALUES ('store_item', 5);
INSERT INTO public.store_counter VALUES ('store_allocation', 1);
INSERT INTO public.store_counter VALUES ('store_instalment', 0);
INSERT INTO public.store_counter VALUES ('store_dispute', 1);
INSERT INTO public.store_counter VALUES ('store_bill', 0);
INSERT INTO public.store_counter VALUES ('store_billevent', 0);
INSERT INTO public.store_counter VALUES ('store_controlbalance', 0);
INSERT INTO public.store_counter VALUES ('store_rate', 0);
INSERT INTO public.store_customer VALUES (1, 'C1');
INSERT INTO public.store_customer VALUES (2, 'C2');
INSERT INTO public.store_customerversion VALUES (1, 3, 2, 1, 1, 'One', NULL, NULL, NULL, NULL, NULL, NULL, 1);
INSERT INTO public.store_customerversion VALUES (2, 3, 2, 2, 1, 'Two', NULL, NULL, NULL, 'C1', NULL, NULL, 2);
INSERT INTO public.store_dispute VALUES (1, 3, 3, 1, 2, '2026-02-20', NULL, 30000, 'price', 1);
INSERT INTO public.store_entity VALUES (1, 'E1', '');
INSERT INTO public.store_entity VALUES (2, 'E2', '');
INSERT INTO public.store_importfile VALUES (1, 3, '9359d98055b98563a00150fc05e5305d735c27bc7a47a89c9db9b2be5d32b311', 'allocations.csv', 84, '', '', 'full_ledger', NULL, 1, '[{"currency": "CNY", "taken_minor": 37000}]', '{E1,E2}', '2026-11-26 00:06:34.708337+00');
INSERT INTO public.store_importfile VALUES (2, 3, 'cea5159336e982a813a513bcb8f17cfb453736ce3589c506adc0cecf585e2505', 'customers.csv', 72, '', '', 'full_ledger', NULL, 2, '[{"currency": "CNY", "taken_minor": 37000}]', '{E1,E2}', '2026-11-26 00:06:34.708337+00');
INSERT INTO public.store_importfile VALUES (3, 3, '254e604c7a3c1fdeed2d8bbe5c49a80ef0cd8e6ad82700426e30169020fd6276', 'disputes.csv', 80, '', '', 'full_ledger', NULL, 1, '[{"currency": "CNY", "taken_minor": 37000}]', '{E1,E2}', '2026-11-26 00:06:34.708337+00');
INSERT INTO public.store_importfile VALUES (4, 3, '1177698dd97800bb92c0b490e15383bcf1aec125ee38aa872e6679de19c021f9', 'items.csv', 261, '', '', 'full_ledger', NULL, 4, '[{"currency": "CNY", "taken_minor": 37000}]', '{E1,E2}', '2026-11-26 00:06:34.708337+00');
INSERT INTO public.store_importfile VALUES (5, 4, '904ca9642a459ce6cfdba37107aa32e2c26b3bd8c7ed3a2b23f284222b852c6b', 'items.csv', 116, '', '', 'full_ledger', NULL, 1, '[{"currency": "CNY", "taken_minor": 7500}]', '{E2}', '2026-11-26 00:06:38.404457+00');
INSERT INTO public.store_item VALUES (1, 3, 4, 1, 1, 1, 1, true, 'I-1', '2026-01-10', '2026-02-09', 100000, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO public.store_item VALUES (2, 3, 4, 2, 2, 1, 1, true, 'I-2', '2026-01-20', '2026-02-19', 50000, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO public.store_item VALUES (3, 3, 4, 4, 3, 1, 11, false, 'R-1', '2026-02-25', '2026-02-25', 120000, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1, 1);
INSERT INTO public.store_item VALUES (4, 3, 4, 3, 4, 1, 1, true, 'J-1', '2026-01-25', '2026-02-24', 7000, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 2);
INSERT INTO public.store_item VALUES (5, 4, 5, 1, 4, 2, 1, true, 'J-1', '2026-01-25', '2026-02-24', 7500, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 2, 2);
INSERT INTO public.store_membership VALUES (1, 'administrator', NULL, 1);
INSERT INTO public.store_organisation VALUES (1, 'Example', false, 'CNY', 'UTC');
INSERT INTO public.store_run VALUES ('0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c', '{"on": "2026-03-31", "known": 4, "rates": {"CNY": [1.0, "2026-03-31", ""]}, "engine": "0.1.0", "scheme": {"by": "due", "edges": [0, 30, 60, 90, 180, 365]}, "currency": "CNY", "entities": ["E1", "E2"], "policies": "97b39114f3c6cf94c10a19ed33899b049b0f5f1f4c73b46d94f6775eeaca886b", "sees_all": true, "snapshot": "4-99e18d876787222a", "partition_items": 1000000}', '1cadf274039a10558cc1ba67cebef9f011d03ad8e2c36af0a2af5400a2f4adb2', '2026-03-31', 4, 'CNY', '{E1,E2}', 'done', '182f60bb400d8d3eff742ea13f5b461a38ec29f64418e06d7de54380139f9bba', '', '2026-11-26 00:06:40.491262+00', '2026-11-26 00:06:40.95963+00');
INSERT INTO public.store_runpointer VALUES (1, 'E1,E2 CNY', '0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c');
INSERT INTO public.store_runstep VALUES (1, 'partition-00000', '30c14d6aa90f1bfe8d3840c3815db90a9d04abb55967d24ccc4486fb37ec23fd', '2026-11-26 00:06:40.592111+00', '0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c');
INSERT INTO public.store_runstep VALUES (2, 'report', '864c19e9790695aa837fd24cb819d0b30815c2a1a87181bd2d793ed5a37920a2', '2026-11-26 00:06:40.90255+00', '0ff5ad3c-ca68-4c79-b43f-fc526ab2cd1c');
INSERT INTO public.store_supersession VALUES (1, 1, 4, 4, 'corrected');
INSERT INTO public.store_user VALUES (1, 'pbkdf2_sha256$1000000$71UItF1iGsJJef1p2REdyK$ry5eVLwCCUJagoajeN+cEasBiQVOj2lZAdz90PeyuQg=', NULL, 'admin', '', '', 'en', true, true, '2026-11-26 00:06:31.32226+00');
SELECT pg_catalog.setval('public.auth_group_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_group_permissions_id_seq', 1, false);
SELECT pg_catalog.setval('public.auth_permission_id_seq', 172, true);
SELECT pg_catalog.setval('public.django_content_type_id_seq', 43, true);
SELECT pg_catalog.setval('public.django_migrations_id_seq', 67, true);
SELECT pg_catalog.setval('public.procrastinate_events_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_jobs_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_periodic_defers_id_seq', 1, false);
SELECT pg_catalog.setval('public.procrastinate_workers_id_seq', 1, false);
SELECT pg_catalog.setval('public.seawall_write_no', 6, true);
SELECT pg_catalog.setval('public.store_apitoken_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_contact_id_seq', 1, true);
SELECT pg_catalog.setval('public.store_entity_id_seq', 2, true);
SELECT pg_catalog.setval('public.store_idempotencykey_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_importfile_id_seq', 5, true);
SELECT pg_catalog.setval('public.store_importreject_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_job_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_jobline_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_membership_id_seq', 1, true);
SELECT pg_catalog.setval('public.store_outbox_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_proposal_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_proposaldecision_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_runpointer_id_seq', 1, true);
SELECT pg_catalog.setval('public.store_runstep_id_seq', 2, true);
SELECT pg_catalog.setval('public.store_schedule_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_signinfailure_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_singleuserchange_id_seq', 1, false);
SELECT pg_catalog.setval('public.store_supersession_id_seq', 1, true);
SELECT pg_catalog.setval('public.store_user_id_seq', 1, true);
ALTER TABLE ONLY public.store_account
    ADD CONSTRAINT account_once UNIQUE (customer_id, entity_id, currency);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_bill
    ADD CONSTRAINT bill_once UNIQUE (item_document_id, version);
ALTER TABLE ONLY public.store_controlbalance
    ADD CONSTRAINT control_balance_once UNIQUE (entity_id, account, currency, "on", version);
ALTER TABLE ONLY public.store_customerversion
    ADD CONSTRAINT customer_version_once UNIQUE (customer_id, version);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);
ALTER TABLE ONLY public.django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);
ALTER TABLE ONLY public.store_membership
    ADD CONSTRAINT membership_once UNIQUE NULLS NOT DISTINCT (user_id, entity_id, role);
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_unique UNIQUE (task_name, periodic_id, defer_timestamp);
ALTER TABLE ONLY public.procrastinate_workers
    ADD CONSTRAINT procrastinate_workers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_proposal
    ADD CONSTRAINT proposal_version_once UNIQUE (proposal_no, version);
ALTER TABLE ONLY public.store_rate
    ADD CONSTRAINT rate_once UNIQUE (from_currency, to_currency, "on", version);
ALTER TABLE ONLY public.store_runstep
    ADD CONSTRAINT run_step_once UNIQUE (run_id, name);
ALTER TABLE ONLY public.store_account
    ADD CONSTRAINT store_account_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_allocation
    ADD CONSTRAINT store_allocation_pkey PRIMARY KEY (debit_id, credit_id, allocated_on, occurrence);
ALTER TABLE ONLY public.store_apitoken
    ADD CONSTRAINT store_apitoken_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.store_apitoken
    ADD CONSTRAINT store_apitoken_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_auditentry
    ADD CONSTRAINT store_auditentry_pkey PRIMARY KEY (batch_no);
ALTER TABLE ONLY public.store_auditentry
    ADD CONSTRAINT store_auditentry_write_no_key UNIQUE (write_no);
ALTER TABLE ONLY public.store_bill
    ADD CONSTRAINT store_bill_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_billevent
    ADD CONSTRAINT store_billevent_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_chainhead
    ADD CONSTRAINT store_chainhead_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_contact
    ADD CONSTRAINT store_contact_customer_id_key UNIQUE (customer_id);
ALTER TABLE ONLY public.store_contact
    ADD CONSTRAINT store_contact_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_controlbalance
    ADD CONSTRAINT store_controlbalance_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_counter
    ADD CONSTRAINT store_counter_pkey PRIMARY KEY ("table");
ALTER TABLE ONLY public.store_customer
    ADD CONSTRAINT store_customer_code_key UNIQUE (code);
ALTER TABLE ONLY public.store_customer
    ADD CONSTRAINT store_customer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_customerversion
    ADD CONSTRAINT store_customerversion_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_dispute
    ADD CONSTRAINT store_dispute_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_entity
    ADD CONSTRAINT store_entity_code_key UNIQUE (code);
ALTER TABLE ONLY public.store_entity
    ADD CONSTRAINT store_entity_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_idempotencykey
    ADD CONSTRAINT store_idempotencykey_key_key UNIQUE (key);
ALTER TABLE ONLY public.store_idempotencykey
    ADD CONSTRAINT store_idempotencykey_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_importfile
    ADD CONSTRAINT store_importfile_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_importreject
    ADD CONSTRAINT store_importreject_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_instalment
    ADD CONSTRAINT store_instalment_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_item
    ADD CONSTRAINT store_item_pkey PRIMARY KEY (number, version, entity_id, is_debit);
ALTER TABLE ONLY public.store_job
    ADD CONSTRAINT store_job_key_key UNIQUE (key);
ALTER TABLE ONLY public.store_job
    ADD CONSTRAINT store_job_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_jobline
    ADD CONSTRAINT store_jobline_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_membership
    ADD CONSTRAINT store_membership_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_organisation
    ADD CONSTRAINT store_organisation_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_outbox
    ADD CONSTRAINT store_outbox_key_key UNIQUE (key);
ALTER TABLE ONLY public.store_outbox
    ADD CONSTRAINT store_outbox_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_proposal
    ADD CONSTRAINT store_proposal_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_proposaldecision
    ADD CONSTRAINT store_proposaldecision_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_proposaldecision
    ADD CONSTRAINT store_proposaldecision_proposal_no_key UNIQUE (proposal_no);
ALTER TABLE ONLY public.store_rate
    ADD CONSTRAINT store_rate_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_run
    ADD CONSTRAINT store_run_manifest_digest_key UNIQUE (manifest_digest);
ALTER TABLE ONLY public.store_run
    ADD CONSTRAINT store_run_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_runpointer
    ADD CONSTRAINT store_runpointer_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_runpointer
    ADD CONSTRAINT store_runpointer_scope_key UNIQUE (scope);
ALTER TABLE ONLY public.store_runstep
    ADD CONSTRAINT store_runstep_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_schedule
    ADD CONSTRAINT store_schedule_kind_key UNIQUE (kind);
ALTER TABLE ONLY public.store_schedule
    ADD CONSTRAINT store_schedule_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_signinfailure
    ADD CONSTRAINT store_signinfailure_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_singleuserchange
    ADD CONSTRAINT store_singleuserchange_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_supersession
    ADD CONSTRAINT store_supersession_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_user
    ADD CONSTRAINT store_user_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.store_user
    ADD CONSTRAINT store_user_username_key UNIQUE (username);
ALTER TABLE ONLY public.store_supersession
    ADD CONSTRAINT superseded_once UNIQUE (of, fact_id);
CREATE INDEX auth_group_name_a6ea08ec_like ON public.auth_group USING btree (name varchar_pattern_ops);
CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON public.auth_group_permissions USING btree (group_id);
CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON public.auth_group_permissions USING btree (permission_id);
CREATE INDEX auth_permission_content_type_id_2f476e4b ON public.auth_permission USING btree (content_type_id);
CREATE INDEX django_session_expire_date_a5c62663 ON public.django_session USING btree (expire_date);
CREATE INDEX django_session_session_key_c0390e0f_like ON public.django_session USING btree (session_key varchar_pattern_ops);
CREATE INDEX idx_procrastinate_jobs_worker_not_null ON public.procrastinate_jobs USING btree (worker_id) WHERE ((worker_id IS NOT NULL) AND (status = 'doing'::public.procrastinate_job_status));
CREATE INDEX idx_procrastinate_workers_last_heartbeat ON public.procrastinate_workers USING btree (last_heartbeat);
CREATE INDEX job_state ON public.store_job USING btree (state, id);
CREATE INDEX procrastinate_events_job_id_fkey_v1 ON public.procrastinate_events USING btree (job_id);
CREATE INDEX procrastinate_jobs_id_lock_idx_v1 ON public.procrastinate_jobs USING btree (id, lock) WHERE (status = ANY (ARRAY['todo'::public.procrastinate_job_status, 'doing'::public.procrastinate_job_status]));
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON public.procrastinate_jobs USING btree (lock) WHERE (status = 'doing'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_priority_idx_v1 ON public.procrastinate_jobs USING btree (priority DESC, id) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_jobs_queue_name_idx_v1 ON public.procrastinate_jobs USING btree (queue_name);
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON public.procrastinate_jobs USING btree (queueing_lock) WHERE (status = 'todo'::public.procrastinate_job_status);
CREATE INDEX procrastinate_periodic_defers_job_id_fkey_v1 ON public.procrastinate_periodic_defers USING btree (job_id);
CREATE INDEX proposal_subject ON public.store_proposal USING btree (kind, subject);
CREATE INDEX store_account_customer_id_b7007b4d ON public.store_account USING btree (customer_id);
CREATE INDEX store_account_entity_id_7796055b ON public.store_account USING btree (entity_id);
CREATE INDEX store_apitoken_digest_8fb617c2_like ON public.store_apitoken USING btree (digest varchar_pattern_ops);
CREATE INDEX store_apitoken_user_id_03b8d9c9 ON public.store_apitoken USING btree (user_id);
CREATE INDEX store_billevent_item_document_id_45bebdec ON public.store_billevent USING btree (item_document_id);
CREATE INDEX store_controlbalance_entity_id_e51a254b ON public.store_controlbalance USING btree (entity_id);
CREATE INDEX store_counter_table_4acdbeb6_like ON public.store_counter USING btree ("table" text_pattern_ops);
CREATE INDEX store_customer_code_6767bb95_like ON public.store_customer USING btree (code text_pattern_ops);
CREATE INDEX store_customerversion_customer_id_a9913884 ON public.store_customerversion USING btree (customer_id);
CREATE INDEX store_dispute_item_document_id_00f9e4c8 ON public.store_dispute USING btree (item_document_id);
CREATE INDEX store_entity_code_09803758_like ON public.store_entity USING btree (code text_pattern_ops);
CREATE INDEX store_idempotencykey_key_f1e234b1_like ON public.store_idempotencykey USING btree (key varchar_pattern_ops);
CREATE INDEX store_importfile_import_no_9b556688 ON public.store_importfile USING btree (import_no);
CREATE INDEX store_importfile_sha256_7bd6bfc1 ON public.store_importfile USING btree (sha256);
CREATE INDEX store_importfile_sha256_7bd6bfc1_like ON public.store_importfile USING btree (sha256 varchar_pattern_ops);
CREATE INDEX store_importreject_file_id_30388e35 ON public.store_importreject USING btree (file_id);
CREATE INDEX store_instalment_item_document_id_4c4b550e ON public.store_instalment USING btree (item_document_id);
CREATE INDEX store_job_key_0f72996d_like ON public.store_job USING btree (key text_pattern_ops);
CREATE INDEX store_job_user_id_b7761213 ON public.store_job USING btree (user_id);
CREATE INDEX store_jobline_job_id_c7479382 ON public.store_jobline USING btree (job_id);
CREATE INDEX store_membership_entity_id_7ee6e314 ON public.store_membership USING btree (entity_id);
CREATE INDEX store_membership_user_id_e842c5df ON public.store_membership USING btree (user_id);
CREATE INDEX store_outbox_key_d1e2fe55_like ON public.store_outbox USING btree (key text_pattern_ops);
CREATE INDEX store_run_manifest_digest_39a490ed_like ON public.store_run USING btree (manifest_digest varchar_pattern_ops);
CREATE INDEX store_runpointer_run_id_ad4c5b20 ON public.store_runpointer USING btree (run_id);
CREATE INDEX store_runpointer_scope_214553c7_like ON public.store_runpointer USING btree (scope text_pattern_ops);
CREATE INDEX store_runstep_run_id_58179d38 ON public.store_runstep USING btree (run_id);
CREATE INDEX store_schedule_kind_84919088_like ON public.store_schedule USING btree (kind varchar_pattern_ops);
CREATE INDEX store_signinfailure_at_c48410f6 ON public.store_signinfailure USING btree (at);
CREATE INDEX store_user_username_c2c55c55_like ON public.store_user USING btree (username varchar_pattern_ops);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_allocation FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_auditentry FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_bill FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_billevent FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_controlbalance FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_customerversion FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_dispute FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_importfile FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_importreject FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_instalment FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_item FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_proposal FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_proposaldecision FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_rate FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_singleuserchange FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.store_supersession FOR EACH STATEMENT EXECUTE FUNCTION public.seawall_append_only();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_aborted_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN (((old.abort_requested = false) AND (new.abort_requested = true) AND (new.status = 'doing'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_notify_queue_abort_job_v1();
CREATE TRIGGER procrastinate_jobs_notify_queue_job_inserted_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_notify_queue_job_inserted_v1();
CREATE TRIGGER procrastinate_trigger_abort_requested_events_v1 AFTER UPDATE OF abort_requested ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.abort_requested = true)) EXECUTE FUNCTION public.procrastinate_trigger_abort_requested_events_procedure_v1();
CREATE TRIGGER procrastinate_trigger_delete_jobs_v1 BEFORE DELETE ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_unlink_periodic_defers_v1();
CREATE TRIGGER procrastinate_trigger_scheduled_events_v1 AFTER INSERT OR UPDATE ON public.procrastinate_jobs FOR EACH ROW WHEN (((new.scheduled_at IS NOT NULL) AND (new.status = 'todo'::public.procrastinate_job_status))) EXECUTE FUNCTION public.procrastinate_trigger_function_scheduled_events_v1();
CREATE TRIGGER procrastinate_trigger_status_events_insert_v1 AFTER INSERT ON public.procrastinate_jobs FOR EACH ROW WHEN ((new.status = 'todo'::public.procrastinate_job_status)) EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_insert_v1();
CREATE TRIGGER procrastinate_trigger_status_events_update_v1 AFTER UPDATE OF status ON public.procrastinate_jobs FOR EACH ROW EXECUTE FUNCTION public.procrastinate_trigger_function_status_events_update_v1();
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES public.auth_permission(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES public.auth_group(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES public.django_content_type(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.procrastinate_events
    ADD CONSTRAINT procrastinate_events_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id) ON DELETE CASCADE;
ALTER TABLE ONLY public.procrastinate_jobs
    ADD CONSTRAINT procrastinate_jobs_worker_id_fkey FOREIGN KEY (worker_id) REFERENCES public.procrastinate_workers(id) ON DELETE SET NULL;
ALTER TABLE ONLY public.procrastinate_periodic_defers
    ADD CONSTRAINT procrastinate_periodic_defers_job_id_fkey FOREIGN KEY (job_id) REFERENCES public.procrastinate_jobs(id);
ALTER TABLE ONLY public.store_account
    ADD CONSTRAINT store_account_customer_id_b7007b4d_fk_store_customer_id FOREIGN KEY (customer_id) REFERENCES public.store_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_account
    ADD CONSTRAINT store_account_entity_id_7796055b_fk_store_entity_id FOREIGN KEY (entity_id) REFERENCES public.store_entity(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_apitoken
    ADD CONSTRAINT store_apitoken_user_id_03b8d9c9_fk_store_user_id FOREIGN KEY (user_id) REFERENCES public.store_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_contact
    ADD CONSTRAINT store_contact_customer_id_ec9d1552_fk_store_customer_id FOREIGN KEY (customer_id) REFERENCES public.store_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_controlbalance
    ADD CONSTRAINT store_controlbalance_entity_id_e51a254b_fk_store_entity_id FOREIGN KEY (entity_id) REFERENCES public.store_entity(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_customerversion
    ADD CONSTRAINT store_customerversion_customer_id_a9913884_fk_store_customer_id FOREIGN KEY (customer_id) REFERENCES public.store_customer(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_importreject
    ADD CONSTRAINT store_importreject_file_id_30388e35_fk_store_importfile_id FOREIGN KEY (file_id) REFERENCES public.store_importfile(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_job
    ADD CONSTRAINT store_job_user_id_b7761213_fk_store_user_id FOREIGN KEY (user_id) REFERENCES public.store_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_jobline
    ADD CONSTRAINT store_jobline_job_id_c7479382_fk_store_job_id FOREIGN KEY (job_id) REFERENCES public.store_job(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_membership
    ADD CONSTRAINT store_membership_entity_id_7ee6e314_fk_store_entity_id FOREIGN KEY (entity_id) REFERENCES public.store_entity(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_membership
    ADD CONSTRAINT store_membership_user_id_e842c5df_fk_store_user_id FOREIGN KEY (user_id) REFERENCES public.store_user(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_runpointer
    ADD CONSTRAINT store_runpointer_run_id_ad4c5b20_fk_store_run_id FOREIGN KEY (run_id) REFERENCES public.store_run(id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE ONLY public.store_runstep
    ADD CONSTRAINT store_runstep_run_id_58179d38_fk_store_run_id FOREIGN KEY (run_id) REFERENCES public.store_run(id) DEFERRABLE INITIALLY DEFERRED;
