# The static page that answers while nothing behind CloudFront does.

module "fallback" {
  source = "../bucket"

  name          = "${var.name}-fallback"
  force_destroy = true
  # Under S3's own keys: this page must not need KMS at the very moment that it is needed.
  grants = [{
    sid     = "ReadByTheDistribution"
    service = "cloudfront.amazonaws.com"
    actions = ["s3:GetObject"]
    path    = "fallback/*"
    equals  = { "AWS:SourceArn" = aws_cloudfront_distribution.this.arn }
  }]
}

resource "aws_s3_object" "fallback" {
  #checkov:skip=CKV_AWS_186:A public page, under S3's own keys (see above).
  bucket        = module.fallback.id
  key           = local.fallback_page
  source        = "${path.module}/files/unavailable.html"
  source_hash   = filemd5("${path.module}/files/unavailable.html")
  content_type  = "text/html; charset=utf-8"
  cache_control = "public, max-age=0, s-maxage=3600"
}
