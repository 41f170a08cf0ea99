# The static page that CloudFront serves while the origin does not answer.

module "fallback" {
  source = "../bucket"

  name          = "${var.name}-fallback"
  force_destroy = true
  # With S3-managed keys: the page must not depend on KMS in an outage.
  grants = [{
    sid     = "ReadByTheDistribution"
    service = "cloudfront.amazonaws.com"
    actions = ["s3:GetObject"]
    path    = "fallback/*"
    equals  = { "AWS:SourceArn" = aws_cloudfront_distribution.this.arn }
  }]
}

resource "aws_s3_object" "fallback" {
  #checkov:skip=CKV_AWS_186:A public page, with S3-managed keys (see above).
  bucket        = module.fallback.id
  key           = local.fallback_page
  source        = "${path.module}/files/unavailable.html"
  source_hash   = filemd5("${path.module}/files/unavailable.html")
  content_type  = "text/html; charset=utf-8"
  cache_control = "public, max-age=0, s-maxage=3600"
}
