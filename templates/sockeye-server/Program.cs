using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SampleServer;
using Sockeye;

// The settings are those beside the program, wherever it is started from.
var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
{
    Args = args,
    ContentRootPath = AppContext.BaseDirectory,
});
builder.Services.AddSockeyeServer(server => server.AddHandler<OrderHandler>("orders"));
builder.Services.AddSockeyeAdmin(options => options.Port = 7001); // http://localhost:7001 shows the connections.
builder.Build().Run();
