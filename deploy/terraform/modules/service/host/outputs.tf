output "user_data" {
  description = "The cloud-config that an instance starts with."
  value       = "#cloud-config\n${yamlencode(local.cloud_config)}"

  precondition {
    # EC2 takes 16 KiB; base64 of what gzip makes of it is what can be measured here.
    condition     = length(base64gzip("#cloud-config\n${yamlencode(local.cloud_config)}")) * 3 / 4 <= 16384
    error_message = "The user data is more than the 16 KiB that EC2 takes, compressed: take files out of it."
  }
}

output "files" {
  description = "What it writes: path => { mode, content }."
  value       = local.files
}
