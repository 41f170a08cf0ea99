# How CloudFront keeps what people see in a browser (rates_api/pages): the parameters that a page or a chart has are part of
# its key; all others are ignored, and neither split the cache nor reach the API.

locals {
  # Paths in CloudFront's notation; `*` stands for anything, slashes too.
  kept = {
    # What its two forms ask, which rate counts and how much that is: a link to its answer.
    home = {
      paths      = ["/", "/en"]
      parameters = ["amount", "date", "from", "purpose"]
      max_ttl    = 3600
      headers    = data.aws_cloudfront_response_headers_policy.security.id
    }
    pages = {
      paths      = ["/docs", "/en/docs", "/guia*", "/en/guide*"]
      parameters = []
      max_ttl    = 3600
      headers    = data.aws_cloudfront_response_headers_policy.security.id
    }
    charts = {
      paths      = ["/charts/*"]
      parameters = ["lang", "range", "theme"]
      max_ttl    = 3600
      headers    = aws_cloudfront_response_headers_policy.embeddable.id
    }
    # Their names hold a hash of what is in them: a year, as their Cache-Control says.
    assets = {
      paths      = ["/assets/*"]
      parameters = []
      max_ttl    = 31536000
      headers    = data.aws_cloudfront_response_headers_policy.security.id
    }
  }

  kept_paths = merge([for kind, kept in local.kept : { for path in kept.paths : path => kind }]...)
}

resource "aws_cloudfront_cache_policy" "kept" {
  for_each = local.kept

  name    = "${var.name}-${each.key}"
  comment = "For the time in s-maxage or max-age; not at all without either"

  min_ttl     = 0
  default_ttl = 0
  max_ttl     = each.value.max_ttl

  parameters_in_cache_key_and_forwarded_to_origin {
    query_strings_config {
      query_string_behavior = length(each.value.parameters) > 0 ? "whitelist" : "none"

      dynamic "query_strings" {
        for_each = length(each.value.parameters) > 0 ? [each.value.parameters] : []

        content {
          items = query_strings.value
        }
      }
    }

    headers_config {
      header_behavior = "none"
    }

    cookies_config {
      cookie_behavior = "none"
    }

    # As for the API's answers: whatever a client sends in Accept-Encoding, the key has "gzip" or nothing.
    enable_accept_encoding_gzip   = true
    enable_accept_encoding_brotli = false
  }
}

# Not the one for the API's answers, which hands on every parameter.
resource "aws_cloudfront_origin_request_policy" "pages" {
  name    = "${var.name}-pages"
  comment = "Trace context and request id; no parameter beside those of the key"

  headers_config {
    header_behavior = "whitelist"

    headers {
      items = ["traceparent", "tracestate", "X-Request-Id"]
    }
  }

  cookies_config {
    cookie_behavior = "none"
  }

  query_strings_config {
    query_string_behavior = "none"
  }
}

# Charts may stand in anybody's page: AWS's policy for the others would forbid it (X-Frame-Options).
resource "aws_cloudfront_response_headers_policy" "embeddable" {
  #checkov:skip=CKV_AWS_259:As AWS's policy for the others: one name below a domain promises nothing for the names below itself, nor for a browser's list.
  name    = "${var.name}-embeddable"
  comment = "For charts, which may be embedded"

  security_headers_config {
    content_type_options {
      override = true
    }

    strict_transport_security {
      access_control_max_age_sec = 31536000
      override                   = false
    }
  }
}

# Query strings of the API's answers. The default behaviour's key has them whole.
resource "aws_cloudfront_function" "one_spelling" {
  name    = "${var.name}-one-spelling"
  comment = "Parameters in the order of their names"
  runtime = "cloudfront-js-2.0"
  code    = file("${path.module}/files/one_spelling.js")
  publish = true
}
