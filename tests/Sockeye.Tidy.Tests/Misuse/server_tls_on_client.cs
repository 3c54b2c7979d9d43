// error CS1929: A server shows a certificate, a client judges one. Each has its own options of TLS.
using System.Net.Security;
using Sockeye;

_ = new SockeyeClient(options => options.UseTls(new SslServerAuthenticationOptions()));
