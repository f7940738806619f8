# The lake: Data Lake Gen2, read and written by identities only.

resource "azurerm_storage_account" "this" {
  # checkov:skip=CKV_AZURE_59:public_network_access_enabled is false unless addresses or subnets are let in one by one; the firewall denies the rest
  # checkov:skip=CKV_AZURE_33:no queue is used; the account's logs go to Log Analytics
  # checkov:skip=CKV_AZURE_206:lake_replication chooses; everything in the lake can be collected again from its provider
  # checkov:skip=CKV2_AZURE_1:Microsoft's keys encrypt it: public data, and a key of one's own adds a way to lose it
  # checkov:skip=CKV2_AZURE_33:the switch private_endpoints adds one; service endpoints cost nothing
  name                     = var.name
  resource_group_name      = var.resource_group_name
  location                 = var.location
  account_kind             = "StorageV2"
  account_tier             = "Standard"
  account_replication_type = var.replication
  access_tier              = "Hot"
  is_hns_enabled           = true
  tags                     = var.tags

  min_tls_version                   = "TLS1_2"
  https_traffic_only_enabled        = true
  infrastructure_encryption_enabled = true
  shared_access_key_enabled         = false
  default_to_oauth_authentication   = true
  local_user_enabled                = false
  sftp_enabled                      = false
  allow_nested_items_to_be_public   = false
  cross_tenant_replication_enabled  = false
  allowed_copy_scope                = "AAD"
  public_network_access_enabled     = var.public_network_access_enabled

  network_rules {
    default_action             = "Deny"
    bypass                     = ["AzureServices", "Logging", "Metrics"]
    virtual_network_subnet_ids = var.subnet_ids
    ip_rules                   = var.operator_ips

    dynamic "private_link_access" {
      for_each = var.trusted_resource_ids
      content {
        endpoint_resource_id = private_link_access.value
      }
    }
  }

  # Keys are off; should someone turn them on, their signatures are short-lived.
  sas_policy {
    expiration_period = "00.01:00:00"
    expiration_action = "Block"
  }

  blob_properties {
    delete_retention_policy {
      days = 30
    }
    container_delete_retention_policy {
      days = 30
    }
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_container" "this" {
  # checkov:skip=CKV2_AZURE_21:reads are logged by the diagnostic setting below
  for_each = var.filesystem_names

  name                  = each.value
  storage_account_id    = azurerm_storage_account.this.id
  container_access_type = "private"

  lifecycle {
    prevent_destroy = true
  }
}

resource "azurerm_storage_data_lake_gen2_path" "meteo" {
  for_each = var.create_folders ? var.meteo_folders : []

  path               = each.value
  filesystem_name    = azurerm_storage_container.this[var.meteo_container].name
  storage_account_id = azurerm_storage_account.this.id
  resource           = "directory"
}

resource "azurerm_storage_management_policy" "this" {
  storage_account_id = azurerm_storage_account.this.id

  # Packages never change: what is old is read for a replay only.
  rule {
    name    = "cool"
    enabled = true
    filters {
      blob_types   = ["blockBlob"]
      prefix_match = [for name in sort(setsubtract(var.filesystem_names, ["logs"])) : "${name}/"]
    }
    actions {
      base_blob {
        tier_to_cool_after_days_since_modification_greater_than = var.cool_after_days
      }
    }
  }
}

resource "azurerm_monitor_diagnostic_setting" "this" {
  name                       = "log-analytics"
  target_resource_id         = "${azurerm_storage_account.this.id}/blobServices/default"
  log_analytics_workspace_id = var.log_analytics_workspace_id

  dynamic "enabled_log" {
    for_each = toset(["StorageRead", "StorageWrite", "StorageDelete"])
    content {
      category = enabled_log.value
    }
  }

  enabled_metric {
    category = "Transaction"
  }
}

# A container at a time: no workload lists the account or reaches a container that is not its own.
resource "azurerm_role_assignment" "writer" {
  for_each = {
    for pair in setproduct(keys(var.writer_principal_ids), var.written_containers) : "${pair[0]}/${pair[1]}" => pair
  }

  scope                = azurerm_storage_container.this[each.value[1]].id
  role_definition_name = "Storage Blob Data Contributor"
  principal_id         = var.writer_principal_ids[each.value[0]]
  principal_type       = "ServicePrincipal"
}

resource "azurerm_role_assignment" "reader" {
  for_each = var.reader_principal_ids

  scope                = azurerm_storage_account.this.id
  role_definition_name = "Storage Blob Data Reader"
  principal_id         = each.value
  principal_type       = "ServicePrincipal"
}
