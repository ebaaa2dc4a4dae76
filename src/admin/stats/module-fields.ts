/**
 * Fields that HAProxy has behind the fixed ones, of HTTP/1, HTTP/2 and TLS: nothing of that passes
 * here in mode tcp, but tools expect the columns.
 */
import { type ProxyField, unused } from './proxy-field.js';

/** In HAProxy's order. */
export const MODULE_FIELDS: readonly ProxyField[] = [
  unused('h2_headers_rcvd', 'FB', 'Total number of received HEADERS frames'),
  unused('h2_data_rcvd', 'FB', 'Total number of received DATA frames'),
  unused('h2_settings_rcvd', 'FB', 'Total number of received SETTINGS frames'),
  unused('h2_rst_stream_rcvd', 'FB', 'Total number of received RST_STREAM frames'),
  unused('h2_goaway_rcvd', 'FB', 'Total number of received GOAWAY frames'),
  unused('h2_detected_conn_protocol_errors', 'FB', 'Total number of connection protocol errors'),
  unused('h2_detected_strm_protocol_errors', 'FB', 'Total number of stream protocol errors'),
  unused('h2_rst_stream_resp', 'FB', 'Total number of RST_STREAM sent on detected error'),
  unused('h2_goaway_resp', 'FB', 'Total number of GOAWAY sent on detected error'),
  unused('h2_open_connections', 'FB', 'Count of currently open connections', 'MGP'),
  unused('h2_backend_open_streams', 'FB', 'Count of currently open streams', 'MGP'),
  unused('h2_total_connections', 'FB', 'Total number of connections'),
  unused('h2_backend_total_streams', 'FB', 'Total number of streams'),
  unused('ssl_sess', 'FLBS', 'Total number of ssl sessions established'),
  unused('ssl_reused_sess', 'FLBS', 'Total number of ssl sessions reused'),
  unused('ssl_failed_handshake', 'FLBS', 'Total number of failed handshake'),
  unused('ssl_ocsp_staple', 'FLBS', 'Total number of ocsp stapling'),
  unused('ssl_failed_ocsp_staple', 'FLBS', 'Total number of failed ocsp stapling'),
  unused('h1_open_connections', 'FB', 'Count of currently open connections', 'MGP'),
  unused('h1_open_streams', 'FB', 'Count of currently open streams', 'MGP'),
  unused('h1_total_connections', 'FB', 'Total number of connections'),
  unused('h1_total_streams', 'FB', 'Total number of streams'),
  unused('h1_bytes_in', 'FB', 'Total number of bytes received'),
  unused('h1_bytes_out', 'FB', 'Total number of bytes send'),
  unused('h1_spliced_bytes_in', 'FB', 'Total number of bytes received using kernel splicing'),
  unused('h1_spliced_bytes_out', 'FB', 'Total number of bytes sendusing kernel splicing'),
];
