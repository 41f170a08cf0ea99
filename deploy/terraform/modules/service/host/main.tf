# The files on an instance, and the order in which they are used. No provider: they can be rendered, and the
# scripts run, on any machine (tests/terraform).

locals {
  host = {
    SERVICE  = var.service
    REGION   = var.region
    GROUP    = var.group
    IMAGE    = var.image
    REGISTRY = split("/", var.image)[0]
    PROBE    = "${var.serves_tls ? "https" : "http"}://127.0.0.1:${var.probe_port}/livez"
  }

  # RATES_API_DATABASE_URL => database_url
  secret_files = { for variable, _ in var.secrets : variable => lower(trimprefix(variable, local.prefix)) }
  prefix       = "${upper(replace(var.service, "-", "_"))}_"

  unit = {
    service      = var.service
    image        = var.image
    group        = var.log_group
    region       = var.region
    stop_seconds = var.stop_seconds
    memory_mib   = var.memory_mib
    calls_aws    = var.calls_aws
    serves_tls   = var.serves_tls
  }

  files = {
    "/etc/rates/host.env" = { mode = "0644", content = join("", [for name, value in local.host : "${name}=${value}\n"]) }

    "/etc/rates/service.env" = {
      mode = "0644"
      content = join("", [for name, value in merge(
        var.settings,
        { for variable, file in local.secret_files : "${variable}_FILE" => "/run/secrets/${file}" },
        var.serves_tls ? { "${local.prefix}TLS_CERTIFICATE" = "/run/tls/certificate.pem" } : {},
      ) : "${name}=${value}\n"])
    }

    "/etc/rates/secrets.json" = {
      mode = "0644"
      content = jsonencode([for variable, secret in var.secrets : {
        file     = local.secret_files[variable]
        secret   = secret.arn
        template = secret.template
      }])
    }

    "/etc/rates/authorities.pem" = { mode = "0644", content = var.authorities }
    "/etc/rates/agent.json"      = { mode = "0644", content = jsonencode(local.agent) }
    "/etc/rates/collector.yaml"  = { mode = "0644", content = yamlencode(local.collector) }

    "/opt/rates/begin.sh"       = { mode = "0755", content = file("${path.module}/files/begin.sh") }
    "/opt/rates/certificate.sh" = { mode = "0755", content = file("${path.module}/files/certificate.sh") }
    "/opt/rates/secrets.sh"     = { mode = "0755", content = file("${path.module}/files/secrets.sh") }
    "/opt/rates/image.sh"       = { mode = "0755", content = file("${path.module}/files/image.sh") }
    "/opt/rates/watch.sh"       = { mode = "0755", content = file("${path.module}/files/watch.sh") }

    "/etc/systemd/system/${var.service}.service" = { mode = "0644", content = templatefile("${path.module}/units/service.service.tftpl", local.unit) }
    "/etc/systemd/system/rates-watch.service"    = { mode = "0644", content = file("${path.module}/units/rates-watch.service") }
    "/etc/systemd/system/rates-secrets.service"  = { mode = "0644", content = file("${path.module}/units/rates-secrets.service") }
    "/etc/systemd/system/rates-secrets.timer"    = { mode = "0644", content = file("${path.module}/units/rates-secrets.timer") }
  }

  cloud_config = {
    write_files = [for path, file in local.files : { path = path, permissions = file.mode, content = file.content }]
    runcmd      = ["/opt/rates/begin.sh"]
  }
}
