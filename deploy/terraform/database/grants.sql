-- Run by deploy/scripts/deploy after each apply; a repetition changes nothing. A service account signs in to Postgres with no
-- rights at all. All of them get one role, and DATABASE_URL makes them work as it (options[role]=quarterday), so that the
-- tables that one program's migration makes belong to all.
do $$
begin
    if not exists (select from pg_roles where rolname = 'quarterday') then
        create role quarterday nologin;
    end if;
end
$$;
grant connect, create, temporary on database quarterday to quarterday;
grant usage, create on schema public to quarterday;
%{ for user in users ~}
grant quarterday to "${user}";
%{ endfor ~}
