#:project ../src/Sockeye.Admin/Sockeye.Admin.csproj
#:project ../src/Sockeye.Hosting/Sockeye.Hosting.csproj
#:project ../src/Sockeye.Linux/Sockeye.Linux.csproj
#:package Microsoft.Extensions.Hosting
// A server in the generic host. Its endpoints and limits are in hosted.json: change that file while the server runs.
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sockeye;

var builder = Host.CreateApplicationBuilder(args);
builder.Configuration.AddJsonFile(Path.Combine(Folder(), "hosted.json"), optional: false, reloadOnChange: true);
builder.Services.AddSockeyeServer(server => server
    .AddHandler("echo", listen => listen.Run(connection => connection.Transport.Input.CopyToAsync(connection.Transport.Output)))
    .AddHandler<Greeter>("greeter"));
builder.Services.AddHealthChecks().AddSockeyeServer();
builder.Services.AddSockeyeAdmin(); // http://localhost:7001 shows its connections
builder.Build().Run();

static string Folder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;

internal sealed class Greeter(IHostEnvironment host) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        await using var lines = connection.AsMessages(Codec.Lines(maxLength: 100));
        await lines.WriteAsync($"This is {host.ApplicationName}. What is your name?");
        await foreach (var name in lines.ReadAllAsync())
            await lines.WriteAsync($"Hello {name}");
    }
}
