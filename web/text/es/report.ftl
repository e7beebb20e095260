## Informe semanal

report_title = Informe semanal
report_about = Qué hicieron la semana pasada los activos de sus listas, con gráficos, titulares y, si su nivel lo incluye, la perspectiva.
report_open = Abrir como PDF
report_heading = Su semana { $week }
report_span = { $from } a { $to }
report_as_of = Ánimo y perspectiva a fecha de { $at }, intervalo { $slot }.
report_watched = Los activos de sus listas.
report_unwatched = Todavía no hay nada en sus listas; estos son los activos más mencionados.
report_withheld = No forma parte de su nivel: { $what }.
report_record =
    { $n ->
        [one] Historial a un día: venció { $count } pronóstico; { $inside } quedó dentro del intervalo del 80 %; ventaja sobre el paseo aleatorio { $skill }.
       *[other] Historial a un día: vencieron { $count } pronósticos; { $inside } quedó dentro del intervalo del 80 %; ventaja sobre el paseo aleatorio { $skill }.
    }
report_close = Cierre
report_week = Semana
report_mood = Ánimo, 95 %
report_documents = Mensajes
report_outlook = 5 días, 80 %
report_risk = Valor en riesgo de un día, 95 %
report_price_chart = Precio, 90 días
report_mood_chart = Ánimo, intervalo a intervalo
