# Logs with a cap, measures of the API, and who is told what goes wrong.

resource "azurerm_log_analytics_workspace" "this" {
  name                         = "${var.name}-logs"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  sku                          = "PerGB2018"
  daily_quota_gb               = var.daily_cap_gb
  retention_in_days            = var.retention_days
  local_authentication_enabled = false
  tags                         = var.tags
}

resource "azurerm_application_insights" "this" {
  name                         = "${var.name}-insights"
  resource_group_name          = var.resource_group_name
  location                     = var.location
  workspace_id                 = azurerm_log_analytics_workspace.this.id
  application_type             = "web"
  retention_in_days            = 30
  daily_data_cap_in_gb         = var.daily_cap_gb
  local_authentication_enabled = false
  ip_masking_enabled           = true
  tags                         = var.tags
}

resource "azurerm_role_assignment" "telemetry" {
  scope                = azurerm_application_insights.this.id
  role_definition_name = "Monitoring Metrics Publisher"
  principal_id         = var.api_principal_id
  principal_type       = "ServicePrincipal"
}

resource "azurerm_monitor_action_group" "this" {
  name                = "${var.name}-people"
  resource_group_name = var.resource_group_name
  short_name          = "hydro-${var.environment}"
  tags                = var.tags

  dynamic "email_receiver" {
    for_each = toset(var.users_notification)
    content {
      name                    = email_receiver.value
      email_address           = email_receiver.value
      use_common_alert_schema = true
    }
  }
}

resource "azurerm_consumption_budget_resource_group" "this" {
  name              = "${var.name}-budget"
  resource_group_id = var.resource_group_id
  amount            = var.monthly_budget
  time_grain        = "Monthly"

  time_period {
    start_date = formatdate("YYYY-MM-01'T'00:00:00'Z'", plantimestamp())
  }

  dynamic "notification" {
    for_each = { spent = { threshold = 80, type = "Actual" }, foreseen = { threshold = 100, type = "Forecasted" } }
    content {
      threshold      = notification.value.threshold
      threshold_type = notification.value.type
      operator       = "GreaterThanOrEqualTo"
      contact_emails = var.users_notification
    }
  }

  lifecycle {
    # Each month is not a change of the budget.
    ignore_changes = [time_period]
  }
}
