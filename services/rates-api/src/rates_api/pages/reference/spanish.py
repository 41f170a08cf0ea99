"""The sentences of the OpenAPI document in Spanish, by their English.

One that is not here is shown in English. A test tells of those, and of sentences here that the
document no longer has.
"""

IN_SPANISH: dict[str, str] = {
    # Parameters.
    "What to convert, a negative amount for a refund.": "Lo que se convierte; negativo para una "
    "devolución.",
    "Answer by what was known at this instant; today becomes its day in Mexico City.": "Responder "
    "con lo que se sabía en este instante; «hoy» es su día en la Ciudad de México.",
    "The `code` of a problem.": "El `code` de un problema.",
    "Continue after this place: the `next` of the answer before, unchanged.": "Continuar después "
    "de este lugar: el `next` de la respuesta anterior, sin cambios.",
    "The day asked for.": "El día que se pide.",
    "The day whose rate applies; without it the current rate.": "El día cuyo tipo de cambio se "
    "usa; sin él, el actual.",
    "At most 366 days, comma separated, answered in this order; `dates=a&dates=b` means "
    "`dates=a,b`.": "Hasta 366 días separados por comas, que se responden en ese orden; "
    "`dates=a&dates=b` equivale a `dates=a,b`.",
    "The calendar days ending today, both ends included (default 10).": "Los días naturales que "
    "terminan hoy, incluidos ambos extremos (10 si se omite).",
    "The columns of a CSV, comma separated, in this order; by default all. Only with "
    "`format=csv`.": "Las columnas del CSV, separadas por comas y en este orden; todas si se "
    "omite. Solo con `format=csv`.",
    "The representation; never chosen by `Accept`. As CSV a list with days that are not known is "
    "refused as one of these days is; only that of `dates` says it in its lines.": "El formato; "
    "nunca se elige con `Accept`. En CSV, una lista con días desconocidos se rechaza como se "
    "rechazaría uno de ellos; solo la de `dates` lo dice en sus renglones.",
    "The representation; never chosen by `Accept`. `csv` is a header and one line; `txt` the bare "
    "number and a line feed, for `=IMPORTDATA` and `=WEBSERVICE`: no current one where none may "
    "pass as current.": "El formato; nunca se elige con `Accept`. `csv` es un encabezado y un "
    "renglón; `txt`, solo el número y un salto de línea, para `=IMPORTDATA` y `=SERVICIOWEB`: "
    "nunca uno viejo como si fuera actual.",
    "First day of a span; with `to`, or up to today, or alone if later.": "Primer día del "
    "periodo; con `to`, o hasta hoy, o solo si es posterior.",
    "First day of the span (default 1991-11-12).": "Primer día del periodo (1991-11-12 si se "
    "omite).",
    "First month; with `to`, or up to this month.": "Primer mes; con `to`, o hasta el mes actual.",
    "The currency of `amount`.": "La moneda de `amount`.",
    "Changes of this kind alone; without it of all.": "Solo los cambios de este tipo; sin él, "
    "todos.",
    "For invoices, taxes and obligations: `settlement`, the rate that applies on a calendar day "
    "(SF60653). For the FIX of a banking day: `fix`, by the day on which Banco de México "
    "determined it (SF43718). `dof`: the FIX by the day on which it is due in the Official "
    "Gazette.": "Para facturas, impuestos y pagos: `settlement`, el vigente en un día natural "
    "(SF60653). Para el FIX de un día hábil bancario: `fix`, por el día en que Banco de México lo "
    "determinó (SF43718). `dof`: el FIX por el día en que toca publicarlo en el DOF.",
    "Only the FIX has this.": "Solo el FIX lo tiene.",
    "`settlement`: the rate that applies on a calendar day (SF60653). `fix`: by the day on which "
    "Banco de México determined it (SF43718).": "`settlement`: el vigente en un día natural "
    "(SF60653). `fix`: por el día en que Banco de México lo determinó (SF43718).",
    "The last values up to today, or of the span, whatever days they are of.": "Los últimos "
    "valores hasta hoy, o del periodo, sean de los días que sean.",
    "Continue after this change, for clients that can't send the header `Last-Event-ID`, which "
    "takes precedence.": "Continuar después de este cambio, para clientes que no pueden mandar el "
    "encabezado `Last-Event-ID`, que tiene prioridad.",
    "The most changes in an answer.": "Cuántos cambios como máximo en una respuesta.",
    "A calendar month as the span.": "Un mes como periodo.",
    "What a day without a FIX gets: the FIX of the `previous` banking day, or `none`. The "
    "settlement rate never rolls.": "Qué recibe un día sin FIX: el del día hábil anterior "
    "(`previous`) o ninguno (`none`). El vigente no lo necesita.",
    "How `result` is rounded, once.": "Cómo se redondea `result`, una sola vez.",
    "Decimal places of `result`.": "Decimales de `result`.",
    "The hash of the raw answer: the `payload_sha256` of an observation.": "El hash de la "
    "respuesta original: el `payload_sha256` de un dato.",
    "Begin with what was recorded after this instant; continue by `cursor`. Without either a walk "
    "begins with the first recording.": "Empezar con lo registrado después de este instante y "
    "seguir con `cursor`. Sin ninguno se empieza por el primer registro.",
    "Last day of a span that `from` begins.": "Último día del periodo que empieza en `from`.",
    "Last day of the span (default today).": "Último día del periodo (hoy si se omite).",
    "Last month of a span that `from` begins.": "Último mes del periodo que empieza en `from`.",
    "The currency of `result`, the other one.": "La moneda de `result`: la otra.",
    "The calendar days ending today.": "Los días naturales que terminan hoy.",
    "A calendar year as the span.": "Un año como periodo.",
    "The days drawn, ending today in Mexico City; `all` begins with the first FIX.": "Los días que "
    "se dibujan, hasta hoy en la Ciudad de México; `all` empieza con el primer FIX.",
    "The colours; `auto` goes by the reader's `prefers-color-scheme`.": "Los colores; `auto` sigue "
    "el `prefers-color-scheme` de quien lee.",
    "The language of its texts.": "El idioma de sus textos.",
    # Endpoints.
    "The FIX and the rate in force, as a picture": "El FIX y el tipo de cambio vigente, como "
    "imagen",
    "An SVG to embed, with its title and its figures in words. The FIX is a thin line, the rate in "
    "force on each calendar day a broad one in steps, from 1996 on. A missing value is a gap. "
    "Values before 1993 are in new pesos: 1 new peso is 1,000 of the pesos of then.": "Un SVG para "
    "incrustar, con título y cifras en palabras. El FIX es una línea delgada; el vigente de cada "
    "día natural, una gruesa y escalonada, desde 1996. Donde falta un valor hay un hueco. Antes de "
    "1993, en nuevos pesos: un nuevo peso son 1,000 pesos de entonces.",
    "The public keys of receipts": "Las llaves públicas de los recibos",
    "Every key that was ever signed with, as a JWK Set (RFC 7517). A compromised one has "
    "`revoked_at`: what it has signed proves nothing and is signed again.": "Todas las llaves con "
    "las que se ha firmado, como JWK Set (RFC 7517). Una comprometida trae `revoked_at`: lo que "
    "firmó ya no prueba nada y se vuelve a firmar.",
    "What this API can be asked": "Qué se le puede preguntar a esta API",
    "Kinds, series, spans, limits, the bank calendar's edition, the next publication and links. "
    "`Link` leads to the OpenAPI document and to one for people.": "Tipos, series, periodos, "
    "límites, la edición del calendario bancario, la próxima publicación y enlaces. `Link` lleva "
    "al documento OpenAPI y a uno para personas.",
    "The banking days of a year": "Los días hábiles bancarios de un año",
    "By the bank calendar, a prediction: whether banks open, what a closed weekday is called, from "
    "when on the day's FIX is expected and when the Gazette has it.": "Según el calendario "
    "bancario, que es una predicción: si abren los bancos, cómo se llama el día inhábil, desde "
    "cuándo se espera el FIX del día y qué día toca en el DOF.",
    "What was recorded since": "Lo registrado desde entonces",
    "Every new value and every correction, as it was recorded. Begin with `since` or without a "
    "parameter; then continue with the `next` of each answer as `cursor`, at once while `more` is "
    "true. Nothing is lost or doubled. `reset` tells that the changes begin anew: drop what was "
    "read before. The header `Link` says all three, also of a CSV.": "Cada valor nuevo y cada "
    "corrección, como se registró. Empezar con `since` o sin parámetros y seguir con el `next` de "
    "cada respuesta como `cursor`, de inmediato mientras `more` sea verdadero. Nada se pierde ni "
    "se repite. `reset` dice que los cambios empiezan de nuevo: descartar lo leído antes. El "
    "encabezado `Link` dice las tres cosas, también en CSV.",
    "An amount at a published rate": "Un importe a un tipo de cambio publicado",
    "USD to MXN multiplies by the published rate, MXN to USD divides by it; one rounding at the "
    "end. `date` resolves as in `/api/v1/rates/{date}`.": "De dólares a pesos multiplica por el "
    "tipo de cambio publicado; de pesos a dólares divide entre él; un solo redondeo al final. "
    "`date` se resuelve como en `/api/v1/rates/{date}`.",
    "All rates of one day, and which counts for what": "Todos los tipos de cambio de un día y "
    "cuál corresponde a qué",
    "What applies on the day (`settlement`), what the Gazette has (`dof`) and the FIX, side by "
    "side; `use` names the kind that counts for a purpose. A kind without a rate is null, and "
    "`problems` has its code.": "El vigente ese día (`settlement`), el que trae el DOF (`dof`) y "
    "el FIX, uno junto a otro; `use` dice cuál corresponde a cada uso. Un tipo sin valor es nulo, "
    "y `problems` trae su código.",
    "The source's answer behind an observation": "La respuesta de la fuente de la que salió un "
    "dato",
    "Byte for byte as it was received, so that its SHA-256 is the hash that it is asked for by: "
    "the `payload_sha256` of an answer. Only what an observation rests on is served. It never "
    "changes.": "Byte por byte como se recibió, de modo que su SHA-256 es el hash con el que se "
    "pide: el `payload_sha256` de una respuesta. Solo se sirve aquello en lo que se apoya un "
    "dato. Nunca cambia.",
    "The rates of several days": "Los tipos de cambio de varios días",
    "In the order asked, each day with its own resolution or problem.": "En el orden pedido, cada "
    "día con su resultado o su problema.",
    "The mean FIX of the calendar days ending today": "El promedio del FIX de los días naturales "
    "que terminan hoy",
    "Rounded half-even to six places; recomputable from `historical` to the last digit.": "Seis "
    "decimales, redondeo al par más cercano; se puede recalcular desde `historical` hasta la "
    "última cifra.",
    "The newest FIX, or the settlement rate that applies today": "El FIX más nuevo, o el tipo de "
    "cambio vigente hoy",
    "For invoices, taxes and obligations: `kind=settlement`. Before noon in Mexico City the newest "
    "FIX is the last banking day's. `kind=dof` is the FIX that the Gazette had last.": "Para "
    "facturas, impuestos y pagos: `kind=settlement`. Antes del mediodía de la Ciudad de México, el "
    "FIX más nuevo es el del último día hábil. `kind=dof` es el último que tocó en el DOF.",
    "Banking days without a FIX": "Días hábiles sin FIX",
    "`late` from 13:00 of its day, `absent` once a later FIX is recorded, `declared_closed`; "
    "`unverified` while the source is not heard, `under_review` while its value is checked. Days "
    "that are not loaded yet are not listed: `known` says so. Before 2001 the FIX's own days are "
    "the calendar.": "`late` desde las 13:00 de su día; `absent` cuando ya se registró uno "
    "posterior; `declared_closed`; `unverified` mientras la fuente no responde; `under_review` "
    "mientras su valor se revisa. Los días aún no cargados no aparecen: lo dice `known`. Antes de "
    "2001 el calendario son los propios días del FIX.",
    "The recorded observations of a span": "Los datos registrados de un periodo",
    "Ten values: `last=10`. Ten calendar days, both ends included: `days=10`. Any span: `from` and "
    "`to`, `month` or `year`, also the `last` values of one. `settlement` lists every calendar "
    "day, those before the stored series derived and marked; `fix` lists banking days and `dof` "
    "publication days. A missing row means that there is no value only where `known` is true; "
    "`missing` counts the days that should have one.": "Diez valores: `last=10`. Diez días "
    "naturales, incluidos ambos extremos: `days=10`. Cualquier periodo: `from` y `to`, `month` o "
    "`year`, también los `last` valores de uno. `settlement` trae todos los días naturales, los "
    "anteriores a la serie derivados y marcados; `fix`, los días hábiles; `dof`, los de "
    "publicación. Que falte un renglón significa que no hay valor solo si `known` es verdadero; "
    "`missing` cuenta los días que deberían tenerlo.",
    "Mean, last, low and high of each month": "Promedio, último, mínimo y máximo de cada mes",
    "At most 600 months. The mean of `fix` is over banking days, of `dof` over publication days, "
    "of `settlement` over calendar days.": "Hasta 600 meses. El promedio de `fix` es sobre días "
    "hábiles, el de `dof` sobre días de publicación, el de `settlement` sobre días naturales.",
    "Mean, first, last, low and high of a span": "Promedio, primero, último, mínimo y máximo de un "
    "periodo",
    "Of the values that `historical` lists for the span, recomputable from them to the last digit. "
    "The mean of `fix` is over banking days, of `dof` over publication days, of `settlement` over "
    "calendar days.": "De los valores que `historical` da para el periodo, y recalculable desde "
    "ellos hasta la última cifra. El promedio de `fix` es sobre días hábiles, el de `dof` sobre "
    "días de publicación, el de `settlement` sobre días naturales.",
    "The rate of one day": "El tipo de cambio de un día",
    "For invoices, taxes and obligations: `kind=settlement`, which never rolls, since each "
    "calendar day has a value; days before the stored series are derived from the FIX by the rule "
    "and marked `derived`. For the FIX of a banking day: `kind=fix`, which rolls back only from "
    "days on which the calendar has no FIX. `kind=dof` is the FIX that is due in the Gazette on "
    "the day, and rolls back as `fix` does.": "Para facturas, impuestos y pagos: "
    "`kind=settlement`, con valor todos los días naturales; los anteriores a la serie se derivan "
    "del FIX con la regla y se marcan con `derived`. Para el FIX de un día hábil: `kind=fix`, que "
    "retrocede solo desde días que el calendario tiene por inhábiles. `kind=dof` es el FIX que "
    "toca ese día en el DOF, y retrocede igual que `fix`.",
    "The rate of one day, signed": "El tipo de cambio de un día, firmado",
    "A compact JWS (EdDSA, Ed25519) that says which rate of which day was recorded when, from "
    "which raw answer (`payload_sha256`), and by whom (`iss`): the operator of this service, never "
    "Banco de México. The keys are in `/.well-known/jwks.json`. A day that is answered by another "
    "one has that one's receipt, a derived rate its FIX's. What was recorded lately may be signed "
    "in the following night.": "Un JWS compacto (EdDSA, Ed25519) que dice qué tipo de cambio de "
    "qué día se registró, cuándo, de qué respuesta original (`payload_sha256`) y quién lo firma "
    "(`iss`): el operador de este servicio, nunca Banco de México. Las llaves están en "
    "`/.well-known/jwks.json`. Un día que se responde con otro tiene el recibo de ese otro; uno "
    "derivado, el de su FIX. Lo recién registrado puede firmarse la noche siguiente.",
    "All that was ever recorded for a day": "Todo lo que se ha registrado de un día",
    "Ascending by revision, each with the instant at which it was recorded and the hash of the "
    "source's answer. A correction by the source is revision 2.": "Por revisión, en orden, cada "
    "una con el instante en que se registró y el hash de la respuesta de la fuente. Una corrección "
    "de la fuente es la revisión 2.",
    "What changes, as it does": "Lo que cambia, en cuanto cambia",
    "Server-Sent Events. `state`: the current rate of each kind, level and freshness, at the "
    "beginning and whenever one of them is another. `change`: a list as in `/api/v1/changes`, with "
    "an `id` to continue after (`Last-Event-ID`). `level`: it has changed. `reset`: what was read "
    "is not continued, read it anew. A comment every 15 s; a stream ends after about an hour. "
    "Connect again after `retry`, or after the `Retry-After` of a 503.": "Server-Sent Events. "
    "`state`: el tipo de cambio actual de cada tipo, el nivel y el estado, al principio y cuando "
    "alguno cambia. `change`: una lista como en `/api/v1/changes`, con un `id` para continuar "
    "(`Last-Event-ID`). `level`: cambió. `reset`: lo leído no continúa; leerlo de nuevo. Un "
    "comentario cada 15 s; una conexión termina más o menos en una hora. Reconectarse después de "
    "`retry`, o del `Retry-After` de un 503.",
    "The icon of a browser's tab": "El icono de la pestaña",
    "16 by 16 pixels.": "16 por 16 pixeles.",
    "The newest recordings as an Atom feed": "Lo último registrado, como canal Atom",
    "The last 30 values and corrections of a kind, an entry each (RFC 4287).": "Los últimos 30 "
    "valores y correcciones de un tipo, una entrada cada uno (RFC 4287).",
    "How the instance is": "Cómo está la instancia",
    "503 only when `unhealthy`. Never cached.": "503 solo si está `unhealthy`. Nunca se guarda en "
    "caché.",
    "What this API is, for assistants and people": "Qué es esta API, para asistentes y personas",
    "Markdown: which kind of rate is for what, each endpoint with its parameters and an example, "
    "and the limits.": "Markdown: qué tipo corresponde a qué, cada ruta con sus parámetros y un "
    "ejemplo, y los límites.",
    "The OpenAPI document of this API": "El documento OpenAPI de esta API",
    "OpenAPI 3.1; its examples are recorded answers. Within v1 it only grows.": "OpenAPI 3.1; sus "
    "ejemplos son respuestas grabadas. Dentro de v1 solo crece.",
    "What a problem means": "Qué significa un problema",
    "The page that the `type` of a problem names: its title, its status and what to do about it.": (
        "La página que nombra el `type` de un problema: su título, su estado y qué hacer."
    ),
    "What crawlers may read": "Qué pueden leer los rastreadores",
    "Everything: RFC 9309.": "Todo: RFC 9309.",
    # Headers.
    'Where the changes continue (`rel="next"`), with `more` and `reset` as in JSON.': "Dónde "
    'continúan los cambios (`rel="next"`), con `more` y `reset` como en JSON.',
}
