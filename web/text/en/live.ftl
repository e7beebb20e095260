live_mark = live
live_since_close = since the last daily close
