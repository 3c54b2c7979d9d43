// error CS0104: Kestrel has a ListenOptions, too. A file that imports both namespaces needs an alias for the one that it names.
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Sockeye;

var options = new SockeyeServerOptions();
ListenOptions listen = options.ListenAnyIP(7000);
listen.ToString();
