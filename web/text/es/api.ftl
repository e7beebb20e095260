## La interfaz de programación

nav_api = API
api_title = Interfaz de programación
api_link = Cómo leen Quarterday los programas
api_answer = Todo lo que se publica cuatro veces al día, para sus programas: precios, sentimiento, documentos, pronósticos, riesgo e historial, cada valor con su recibo.
api_start = Para empezar
api_start_text = Basta con una clave propia. Dice qué puede leer y hasta cuándo, y se puede retirar en cualquier momento.
api_keys_link = Crear una clave
api_document_text = El documento OpenAPI 3.1, para generar clientes:
api_rules = Reglas
api_quota = Nivel { $tier }: { $count } llamadas al día; formatos: json, { $exports }
api_rule_headers = Cada respuesta dice qué queda del día: RateLimit-Limit, RateLimit-Remaining y RateLimit-Reset. Los días acaban a las 00:00 UTC. Cuando no queda nada, la respuesta es 429 con Retry-After.
api_rule_pages = Las listas llegan por páginas. Pase next como cursor con los mismos filtros y la misma clave; en la última página es null.
api_rule_formats = format=csv y format=parquet, o la cabecera Accept, necesitan el permiso read:exports. Ningún texto del CSV empieza una fórmula.
api_rule_cache = Cada respuesta lleva un ETag. Envíelo como If-None-Match: 304 significa que nada ha cambiado.
api_rule_events = /api/v1/events avisa cuando se publica un turno, en un segundo aproximadamente. Continúe con Last-Event-ID.
api_endpoints = Puntos de acceso
api_english = El documento OpenAPI y las respuestas a las llamadas están en inglés; esta página los explica en español.
api_in_path = ruta
api_in_query = consulta
api_gives = Da
api_as = Como
api_parameter = Parámetro
api_where = Dónde
api_accepts = Acepta
api_example = Ejemplo
api_says = Significado
api_schemas = Formas
api_field = Campo
api_type = Tipo
api_problems = Cuando no funciona
api_problems_text = La respuesta es JSON de problema (RFC 9457): code es para programas, detail dice qué hacer.
api_code = Código
api_status = Estado

## Claves

keys_title = Claves de API
keys_lead = Una clave permite que un programa lea por usted, dentro de su nivel.
keys_new = Su clave nueva
keys_once = Cópiela ahora: se muestra solo esta vez y no se guarda en ningún sitio. Quien la tenga lee en su nombre.
keys_make = Crear una clave
keys_name = Nombre
keys_scopes = Puede leer
keys_days = Días hasta que acabe
keys_button = Crear la clave
keys_locked = Su nivel no incluye llamadas a la API. Empiezan con Plus.
keys_name_bad = Dé a la clave un nombre de 1 a 60 caracteres.
keys_days_bad = Una clave dura de 1 a { $most } días.
keys_scopes_none = Elija al menos una cosa que la clave pueda leer.
keys_too_many = Tiene { $most } claves válidas. Revoque antes una.
keys_yours = Sus claves
keys_start = Empieza por
keys_made = Creada el
keys_ends = Acaba el
keys_used = Último uso
keys_state = Estado
keys_revoke = Revocar
keys_none = Aún no tiene ninguna clave.
keys_today = Hoy: { $used } de { $quota } llamadas.
key_revoked = revocada
key_expired = caducada
key_counts = válida
key_never_used = nunca
scope_price = precios e indicadores
scope_sentiment = sentimiento
scope_news = mensajes y titulares
scope_predictions = pronósticos, señales, riesgo
scope_exports = respuestas en CSV o Parquet
usage_title = Uso
usage_note = Todas las claves juntas; el día acaba a las 00:00 UTC.
usage_day = Día
usage_endpoint = Punto de acceso
usage_calls = Llamadas
usage_refused = Rechazadas
usage_none = Aún no hay llamadas.

## Aviso de un turno más nuevo

newer_slot = Hay un turno más nuevo.
newer_reload = Recargar
