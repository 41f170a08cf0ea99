output "user_data" {
  description = "The instance's user data, a cloud-config."
  value       = "#cloud-config\n${yamlencode(local.cloud_config)}"

  precondition {
    # EC2's limit is 16 KiB; the compressed size can be measured here only through base64gzip.
    condition     = length(base64gzip("#cloud-config\n${yamlencode(local.cloud_config)}")) * 3 / 4 <= 16384
    error_message = "The compressed user data exceeds EC2's limit of 16 KiB: remove files from it."
  }
}

output "files" {
  description = "The files that it writes: path => { mode, content }."
  value       = local.files
}
