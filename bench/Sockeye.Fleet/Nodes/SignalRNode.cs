using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Sockeye.Fleet.Nodes;

/// <summary>The same chat server on SignalR, with its Redis backplane.</summary>
internal sealed class SignalRNode(int port) : INode
{
    public const string Path = "/chat";

    /// <summary>The clients send no pings, in neither of the contestants: nothing but lines is measured.</summary>
    private static readonly TimeSpan ClientTimeout = TimeSpan.FromHours(1);

    public int Port => port;

    public int? OtherNodes => null;

    public SendCounts? Sends => null;

    public static async Task<INode> StartAsync(string broker, bool messagePack)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddSingleton<IUserIdProvider, QueryUserIdProvider>();
        var signalR = builder.Services.AddSignalR(options => options.ClientTimeoutInterval = ClientTimeout)
            .AddStackExchangeRedis(options => options.Configuration = StackExchange.Redis.ConfigurationOptions.Parse(broker));
        if (messagePack)
            signalR.AddMessagePackProtocol();
        var app = builder.Build();
        app.MapHub<ChatHub>(Path);
        await app.StartAsync();
        var addresses = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses;
        return new SignalRNode(new Uri(addresses.Single()).Port);
    }

    private sealed class QueryUserIdProvider : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) =>
            connection.GetHttpContext()?.Request.Query["user"] is [{ Length: > 0 } user] ? user : null;
    }
}
