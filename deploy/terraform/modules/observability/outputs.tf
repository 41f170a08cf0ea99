output "alarm_arns" {
  description = "The alarms' ARNs by key."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.arn }
}

output "alarm_names" {
  description = "The alarms' names by key."
  value       = { for key, alarm in aws_cloudwatch_metric_alarm.this : key => alarm.alarm_name }
}

output "burn_alarm_arns" {
  description = "The ARNs of the fast-burn alarms, which must stop a drill."
  value       = [for key in ["availability_fast_burn", "latency_fast_burn"] : aws_cloudwatch_metric_alarm.this[key].arn]
}

output "dashboard_names" {
  description = "The three dashboards by audience."
  value       = { for audience, dashboard in aws_cloudwatch_dashboard.this : audience => dashboard.dashboard_name }
}
