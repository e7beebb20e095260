live_mark = en vivo
live_since_close = desde el último cierre diario
