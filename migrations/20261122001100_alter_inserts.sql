-- Programs of the version before go on while the schema is already this one: what they do not write has a value.
alter table sessions alter column authenticated_at set default now(), alter column seen_at set default now();

create function fill_address_key() returns trigger language plpgsql as
$$ begin new.address_key := coalesce(new.address_key, lower(new.email)); return new; end $$;
create trigger customers_address_key_filled before insert on customers for each row execute function fill_address_key();
