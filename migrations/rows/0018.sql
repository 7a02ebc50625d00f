UPDATE builds SET forecast_from = '1.0', forecast = 80, forecast_raw = 160, forecast_by = 'signature' WHERE id = 'b2';
