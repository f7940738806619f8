# A workspace whose clusters have no public address, and the identity by which they read the lake.

resource "azurerm_databricks_access_connector" "this" {
  name                = "${var.name}-connector"
  resource_group_name = var.resource_group_name
  location            = var.location
  tags                = var.tags

  identity {
    type = "SystemAssigned"
  }
}

resource "azurerm_databricks_workspace" "this" {
  # checkov:skip=CKV_AZURE_158:people reach it by its web page; Entra signs them in, and the network of the clusters is private
  # checkov:skip=CKV2_AZURE_48:Microsoft's keys encrypt its own storage; the data stays in the lake
  name                          = "${var.name}-databricks"
  resource_group_name           = var.resource_group_name
  location                      = var.location
  sku                           = "premium"
  managed_resource_group_name   = "${var.resource_group_name}-databricks"
  public_network_access_enabled = true
  tags                          = var.tags

  infrastructure_encryption_enabled = true

  custom_parameters {
    no_public_ip = true
  }
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "log-analytics"
  target_resource_id         = azurerm_databricks_workspace.this.id
  log_analytics_workspace_id = var.log_analytics_workspace_id

  dynamic "enabled_log" {
    for_each = toset(["accounts", "clusters", "jobs", "notebook", "secrets", "unityCatalog", "workspace"])
    content {
      category = enabled_log.value
    }
  }
}
