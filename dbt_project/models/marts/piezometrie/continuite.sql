{{ config(
    incremental_strategy='upsert',
    unique_key='code_continuite',
    pre_hook="{{ open_build() }}",
    post_hook="{{ record_build() }}",
) }}

{{ codes_read('continuite') }}
