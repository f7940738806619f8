# What people are told. Each description is the mail's text: what happened, and where to look.

locals {
  # A job of the image ends with one line of JSON: {"job": …, "exit_code": …, "seconds": …}.
  job_lines = <<-KQL
    ContainerAppConsoleLogs
    | where Log has "exit_code" and Log has "\"job\""
    | extend run = parse_json(Log)
    | extend job = tostring(run.job), exit_code = toint(run.exit_code)
  KQL

  log_alerts = {
    failed-run = {
      description = "A run failed, or was stopped before its end. Its last lines are in ContainerAppConsoleLogs; running it again is always safe."
      severity    = 1
      frequency   = "PT15M"
      window      = "PT15M"
      operator    = "GreaterThan"
      # The second half sees what cannot write a last line: a job out of memory, out of time or never started.
      query = <<-KQL
        union isfuzzy=true
          (${local.job_lines}| where exit_code != 0 and job != "etat"),
          (ContainerAppSystemLogs | where Reason in ("BackoffLimitExceeded", "DeadlineExceeded", "ErrImagePull", "ImagePullBackOff", "OOMKilled"))
      KQL
    }
    late-data = {
      description = "hydrotheque status says that a source or table is late; its lines say which, and since when."
      severity    = 2
      frequency   = "PT1H"
      window      = "PT1H"
      operator    = "GreaterThan"
      query       = "${local.job_lines}| where job == \"etat\" and exit_code != 0"
    }
    no-data = {
      description = "No job has ended well for two days, not even the daily look at the state: nothing runs, or nothing is logged any more."
      severity    = 1
      frequency   = "PT6H"
      window      = "P2D"
      operator    = "LessThan"
      query       = "${local.job_lines}| where exit_code == 0"
    }
  }

  database_alerts = {
    database-cpu     = { metric = "cpu_percent", aggregation = "Average", operator = "GreaterThan", threshold = 90, window = "PT1H", severity = 2, description = "PostgreSQL was over 90 % of its processor for an hour. A burstable server slows down when its credits are used up." }
    database-storage = { metric = "storage_percent", aggregation = "Average", operator = "GreaterThan", threshold = 85, window = "PT1H", severity = 2, description = "The disk of PostgreSQL is over 85 % full; it grows by itself near the end, and never shrinks." }
    database-down    = { metric = "is_db_alive", aggregation = "Maximum", operator = "LessThan", threshold = 1, window = "PT5M", severity = 0, description = "PostgreSQL does not answer." }
  }
}

resource "azurerm_monitor_scheduled_query_rules_alert_v2" "this" {
  for_each = local.log_alerts

  name                    = "${var.name}-${each.key}"
  resource_group_name     = var.resource_group_name
  location                = var.location
  description             = each.value.description
  severity                = each.value.severity
  scopes                  = [azurerm_log_analytics_workspace.this.id]
  evaluation_frequency    = each.value.frequency
  window_duration         = each.value.window
  auto_mitigation_enabled = true
  # The tables appear with the first line logged.
  skip_query_validation = true
  tags                  = var.tags

  criteria {
    query                   = each.value.query
    time_aggregation_method = "Count"
    operator                = each.value.operator
    threshold               = each.value.operator == "LessThan" ? 1 : 0
  }

  action {
    action_groups = [azurerm_monitor_action_group.this.id]
  }
}

resource "azurerm_monitor_metric_alert" "database" {
  for_each = local.database_alerts

  name                = "${var.name}-${each.key}"
  resource_group_name = var.resource_group_name
  description         = each.value.description
  severity            = each.value.severity
  scopes              = [var.database_id]
  frequency           = each.value.window == "PT5M" ? "PT1M" : "PT15M"
  window_size         = each.value.window
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.DBforPostgreSQL/flexibleServers"
    metric_name      = each.value.metric
    aggregation      = each.value.aggregation
    operator         = each.value.operator
    threshold        = each.value.threshold
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }
}

resource "azurerm_monitor_metric_alert" "api" {
  count = var.api_runs ? 1 : 0

  name                = "${var.name}-api-5xx"
  resource_group_name = var.resource_group_name
  description         = "The API answered more than 10 requests in 15 minutes with an error of its own (5xx). The logs of the API name each by its request id."
  severity            = 1
  scopes              = [var.api_id]
  frequency           = "PT5M"
  window_size         = "PT15M"
  tags                = var.tags

  criteria {
    metric_namespace = "Microsoft.App/containerApps"
    metric_name      = "Requests"
    aggregation      = "Total"
    operator         = "GreaterThan"
    threshold        = 10

    dimension {
      name     = "statusCodeCategory"
      operator = "Include"
      values   = ["5xx"]
    }
  }

  action {
    action_group_id = azurerm_monitor_action_group.this.id
  }
}
