/** Lines `acl`, right and wrong, about which HAProxy and we say the same; see rule-lines.ts. */

/** One a line of the text. */
export const ACL_LINES: readonly string[] = String.raw`
acl a srcc 1.2.3.4
acl a src 1.2.3.4.5
acl a src 1.2.3.4/40
acl a src_port 80x
acl a src_port gt
acl a src_port gt 80 lt 90
acl a src_port 80:90 100:
acl a src_port foo 80
acl a src -m foo
acl a src -m reg 'a('
acl a nbsrv
acl a nbsrv(nope) gt 2
acl a nbsrv() gt 2
acl a src_conn_rate gt 2
acl a src_conn_rate(st) gt 2
acl a src_conn_rate(nope) gt 2
acl a src,foo 1
acl a src,lower,add(1) 1
acl a src,add(1) 1
acl a src,ipmask 1
acl a src,ipmask(24 1
acl a src,ipmask(x) 1
acl a src,ipmask(24) 10.0.0.0
acl a
acl a,b src 1
acl a path_begg /x
acl a req.len gt 0 ;; tcp-request connection reject if a
acl a src -f /nonexist
acl a src -x 1
acl a always_true x
acl a always_true true
acl a bool(true) 
acl a str(abc) -m str abc
acl a str(abc) abc
acl a str abc
acl a int(x) 1
acl a int(1,2) 1
acl a rand(1,2) 1
acl a req.payload(0) a
acl a req.payload(0,a) a
acl a req.payload(0,4) -m bin 0x16
acl a req.payload(0,4) -m bin 161
acl a req.payload(0,4) -m bin 16
acl a src dns.nope.invalid
acl a src -n dns.nope.invalid
acl a req.len gt 0 ;; acl a src 1.1.1.1 ;; tcp-request connection reject if a
acl a src 1.1.1.1 ;; acl a res.len gt 0 ;; use_backend b if a
acl TRUE src 1.1.1.1 ;; use_backend b if TRUE
acl a src 1.1.1.1 ;; use_backend b if !a or ! a || a a
acl if src 1.1.1.1
acl or src 1.1.1.1
acl a src 1.1.1.1 ;; acl a src -i 2.2.2.2
acl a src -i -m ip 1.1.1.1 -- -f
acl a src -u 4 1.1.1.1
acl a src -u 1.1.1.1
acl a src -m
acl a src -f
acl a str(x),map_str_int(map.txt) gt 2
acl a str(x) -m str -i a b -- c
acl a src_port -m ip 1.1.1.1
acl a src 10.0.0.0/255.0.0.0 10.0.0.0/255.0.255.0
acl a src 10/8 127.1 10.12/8 1.2.3.4/33
acl a src 10.12/33
acl a src 10.0.0.0/ 
acl a src ::1/129
acl a src ::1/64
acl a src_port 5:4
acl a src_port 5:x
acl a src_port -5
acl a src_port 1.2
acl a req.ssl_ver 3.1 3:3.1 gt 3.0
acl a req.ssl_ver -m str 3
acl a src_port 99999999999999999999
acl a req.ssl_hello_type 1
acl a req_ssl_hello_type 1
acl a req_ssl_sni -i foo.com
acl a req.ssl_sni foo.com
acl a req.ssl_sni -m end foo.com
acl a req_ssl_sni_end foo.com
acl a req.ssl_sni_end foo.com
acl a src_beg foo
acl a req.payload(0,0) -m reg -i ^(GET|POST)(?=x)(?<!y)$
acl a str(a) -m reg [[:alpha:]]+\d{2,}?(?i)x
acl a str(a) -m len 4 5:7 gt 4
acl a str(a) -m len x
acl a str(a) -m found x
acl a rdp_cookie(a) -m str x
acl a req_rdp_cookie(a) x
acl a req_rdp_cookie_cnt(a) gt 1
acl a payload(0,2) abcd
acl a req.payload(0,2) abcd
acl a src,map_ip(map.txt) -m found
acl a env(HOME) -m str x
acl a env() -m str x
acl a env -m str x
acl a date(5,ms) gt 1
acl a date(5,xx) gt 1
acl a date gt 1
acl a uuid(5) -m found
acl a uuid(4) -m found
acl a rand(0) gt 1
acl a var(x) -m found
acl a var(txn.x,5) -m found
acl a req.payload_lv(0,1,1) -m found
acl a req.payload_lv(0,0) -m found
acl a req.payload_lv(-1,2) -m found
acl a req.payload(-1,2) -m found
acl a req.rdp_cookie -m found
acl a srv_is_up(s1)
acl a srv_is_up(b/s1)
acl a srv_is_up(b/nope)
acl a srv_is_up(nope/nope)
acl a srv_is_up()
acl a fe_conn(b) gt 1
acl a fe_conn(nope) gt 1
acl a sc0_conn_rate gt 1
acl a sc0_conn_rate(nope) gt 1
acl a sc_conn_rate(5,st) gt 1
acl a sc_conn_rate gt 1
acl a sc_get_gpt(0,0) gt 1
acl a src_get_gpt(0,st) gt 1
acl a src_get_gpt0(b) gt 1
acl a table_cnt(st) gt 1
acl a src,table_conn_rate(st) gt 1
acl a src,in_table(st)
acl a src,table_conn_rate gt 1
acl a src,table_conn_rate(nope) gt 1
acl a src_http_req_rate(st) gt 1
acl a src_sess_rate(st) gt 1
acl a nbsrv(st) gt 1 ;; use_backend b if !a { src -f /dev/null }
acl a date(,ms) gt 1
acl a date() gt 1
acl a rand() gt 1
acl a src,ipmask(24,) -m found
acl a src,ipmask(24,64) -m found
acl a src,ipmask(24,x) -m found
acl a str -m found
acl a int -m found
acl a "str('a,b')" -m found
acl a 'str("a,b")' -m found
acl a 'str("a)b")' -m found
acl a str(a(b)) -m found
acl a str(a(b) -m found
acl a 'str("ab)' -m found
acl a src,,lower -m found
acl a src, -m found
acl a src,lower, -m found
acl a src)lower -m found
acl a str(a)lower -m found
acl a str(a)) -m found
acl a str(a),lower() -m found
acl a str(a),lower(x) -m found
acl a 'ipv4(a\,b)' -m found
acl a 'ipv4(a\.b\\d\ e\)f)' -m found
acl a 'ipv4("a\.b\\d\ e\)f\"g\2\xx\$")' -m found
acl a "ipv4('a\\\\.b\\\\nc')" -m found
acl a 'ipv4(a"b,c"d)' -m found
acl a 'ipv4( a )' -m found
acl a 'ipv4("")' -m found
acl a 'int(" 5")' -m found
acl a 'int(0x10)' -m found
acl a 'int(5k)' -m found
acl a 'int(+5)' -m found
acl a 'int(-5)' -m found
acl a 'src,ipmask(255.255.0.0)' -m found
acl a 'src,ipmask(33)' -m found
acl a 'src,ipmask(24,129)' -m found
acl a 'src,ipmask(0,ffff::)' -m found
acl a 'str(a),map_str_int(map.txt,x)' -m found
acl a 'str(a),map_str_ip(map.txt,xx)' -m found
acl b src 3.3.3.3 ;; use_backend b if nope || b
acl a src -f /dev/null 1.1.1.1 -- 2.2.2.2
acl a src 1.1.1.1 -f /dev/null
acl a str(a) -f /dev/null -m str x
acl a str(a) -m beg -m str x
acl a src -M 1.1.1.1
acl a str(a) -n x
acl a str(a) -if /dev/null
acl a src_port eq 80 81 ge 5:6
acl a src_port :80
acl a src_port :
acl a src_port 80: lt
acl a bool(1) -m int eq 1
acl a src_port -m str gt 80
acl a src_port -m int 0x10
acl a src_port -- -5
acl a src_port -- -5:-4
acl a req.ssl_ver 3.
acl a req.ssl_ver .3
acl a req.ssl_ver 3.1.2
acl a req.ssl_ver 3.70000
acl a src 1.2.3
acl a src 300.1.1.1
acl a src 1.1.1.1/24.5
acl a src 10.0.0.0/255
acl a src ::ffff:1.2.3.4/96
acl a src fe80::1%lo
acl a src _x
acl a str(a) -m bin zz
acl a str(a) -m reg a) 
acl a str(a) -m reg *a
acl a str(a) -m reg 'a[[:foo:]]'
acl a str(a) -m reg (?<x>a)(?<x>b)
acl a str(a) -m reg 'a\'
acl a str(a) -m reg a{2,1}
acl a str(a) -m reg (?
acl a str(a) -m reg a**
acl a str(a) -m reg ^+a
acl a str(a) -m reg '(?i)['
acl bad/name src 1.1.1.1
acl x:y.z_-1 src 1.1.1.1
acl {a src 1.1.1.1
acl a src 10.0.0.1-10.0.0.5
acl a src 2001:DB8::1 2001:db8::/129
acl a src 10.0.0.0/08
acl a src +5
acl a dst 10.0.0.1
acl a dst_port 80 443 8000:8080
acl a dst_port range 80 90
acl a src_is_local
acl a src_is_local 1
acl a nbsrv(b) lt 1
acl a fe_id 1
acl a fe_name f
acl a fe_name -m beg f
acl a so_id 1
acl a queue(b) gt 1
acl a connslots(b) lt 1
acl a env(X) -m found
acl a thread 0
acl a date,ltime(%H) -m int 9:17
acl a date,ltime("%H") 9:17
acl a src,map_ip(map.txt,x) x
acl a req.payload(0,2),hex -m str 1603
acl a req.payload(0,2),hex 1603
acl a req.payload_lv(43,1),base64 -m found
acl a req.len,mod(2) 1
acl a req.ssl_hello_type 1 2
acl a req.ssl_ver gt 3.1
acl a req.ssl_ver gt 3
acl a req.ssl_alpn h2
acl a req.ssl_ec_ext
acl a req.ssl_sni -m reg -i ^www\.
acl a req.ssl_sni -m dom example
acl a req.ssl_sni,lower -m sub a b c
acl a req.ssl_sni,lower -m len gt 5
acl a var(txn.x) -m str a
acl a var(txn.x) -m bool
acl a var(txn.x) -m int gt 5
acl a str(a),strcmp(txn.x) eq 0
acl a int(5),bool
acl a int(5),bool true
acl a always_true,not
acl a src,ipmask(24,64) 10.0.0.0
acl a src,xxh32,mod(10) lt 5
acl a src,table_conn_cur(st) gt 5
acl a src,in_table(st) -m bool
acl a sc0_get_gpc0(st) gt 0
acl a sc_get_gpc0(0) gt 0
acl a sc1_tracked
acl a sc0_trackers gt 1
acl a src_inc_gpc0(st) gt 0
acl a src_clr_gpc0(st) -m bool
acl a table_avl(st) lt 10
acl a rand(100) lt 10
acl a uuid -m len 36
acl a hostname -m str x
acl a srv_name s1
acl a capture.req.hdr(0) -m str x
acl a capture.req.hdr -m str x
acl a wait_end
acl a WAIT_END
acl a stopping
acl a fc_rcvd_proxy
acl a fc_src 1.1.1.1
acl a dst,lower -m str a
acl a src -f /dev/null -f /dev/null
acl a src_port -i 80
acl a str(a) -m str -- -i
acl a str(a) -- -i
acl a str(a) --
acl a str(a) -m
acl a src --
acl a bin(0102),hex -m str 0102
acl a ipv6(::1) ::1
acl a str(a),concat(b,txn.c,d) -m str abd
acl a str(1.2.3.4),ipmask(8) 1.0.0.0
acl a str(a),field(1,",") -m str a
acl a str(a),word(1,',') -m str a
acl a str(a),regsub("[(]",x,g) -m str a
acl a 'str(a),regsub("(a)","\1",g)' -m str a
acl a str(a),json_query('$.x') -m str a
acl a str(a),iif(b,c) -m str b
acl a int(1),iif(b,c) -m str b
acl a req.len gt 0 foo
acl a -m str x
acl a src -m ip
acl a src -m found
acl a src -m bool
acl a src -m int gt 5
acl a src -m len 4
acl a str(a) -m ip 1.1.1.1
acl a str(a) -m int 5
acl a src,lower 1.1.1.1
acl a src,lower -m ip 1.1.1.1
acl a src,add(5) gt 1
acl a src ::ffff:0:0/96 fe80::/10
acl a src 0.0.0.0/0 ::/0
acl a src 1.1.1.1/32 1.1.1.1/0
acl a src 1.2.3.4/255.255.255.256
acl a src 10.0.0.0/0.0.0.255
acl a str(a) -m bin 616
acl a str(a) -m beg -i A b
acl a str(a) -m dir /a/
acl a str(a) -m end .com .org
acl a req.ssl_sni -i -m reg ^a.*b$ ^c
acl a req.ssl_sni -m reg -i (?=a)b
acl a req.ssl_sni -m reg [
acl a req.ssl_sni -m reg a|)
acl a req.ssl_sni -m reg (a
acl a req.ssl_sni -m reg a{,3}
acl a req.ssl_sni -m reg ?
acl a req.ssl_sni -m reg \
acl a nbsrv(b,c) gt 1
acl a nbsrv(b gt 1
acl a nbsrv(b)x gt 1
acl a fe_conn() gt 1
acl a srv_conn(b/s1) gt 1
acl a srv_conn(s1) gt 1
acl a srv_conn gt 1
acl a table_cnt gt 1
acl a table_cnt(nope) gt 1
acl a sc_conn_rate(x) gt 1
acl a sc_conn_rate(0,nope) gt 1
acl a sc_conn_rate(0,st,1) gt 1
acl a src_get_gpc(0) gt 1
acl a src_get_gpc(0,st) gt 1
acl a src_get_gpc gt 1
acl a req.payload -m found
acl a env(A,B) -m found
acl a var -m found
acl a var() -m found
acl a var(txn.a.b) -m found
acl a var(txn.a%b) -m found
acl a hostname() -m found
acl a str(a),iif() -m found
acl a str(a),concat -m found
acl a str(a),bytes(x) -m found
acl a str(a),hex,hex2i gt 1
acl a str(a),set-var() -m found
acl a str(a),unset-var -m found
acl a str(a),ipmask(0) -m found
acl a str(a),ipmask(-1) -m found
acl a str(a),json(ascii) -m found
acl a str(a),sha2(256),base64 -m found
acl a str(a),xxh64(x) -m found
acl a str(a),table_gpt(0,nope) -m found
acl a str(a),url_dec(x) -m found
acl a str(a),utime(%d,x) -m found
acl a bool(1),not,odd,even,neg,cpl -m found
acl a int(3),htonl,hex -m found
acl a int(3),div(txn.a),mod(5) gt 1
acl a date(-1) gt 5
acl a date(5,s),http_date -m found
acl a 1src 5
acl a src.x 5
acl a always_true,
acl a "src " 5
`
  .trim()
  .split('\n');
