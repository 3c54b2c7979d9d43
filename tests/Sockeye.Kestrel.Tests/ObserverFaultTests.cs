using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Sockeye.Kestrel.Tests.Support;
using Sockeye.Linux;

namespace Sockeye.Kestrel.Tests;

/// <summary>An exception from the end of a listener ends Kestrel's stop before its connections are stopping.</summary>
public sealed class ObserverFaultTests
{
    [Theory, ClassData(typeof(EachEngine))]
    public async Task Observer_that_throws_when_a_listener_closes_holds_up_no_stop(LinuxEngine engine)
    {
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var throws = false;
        var transport = new LinuxTransport(new()
        {
            Engine = engine,
            ThreadCount = 1,
            Sockets = new()
            {
                OnStep = step => _ = step is { Function: SocketFunction.Close, RemoteEndPoint: null } && Volatile.Read(ref throws)
                    ? throw new InvalidOperationException("bad observer")
                    : step,
            },
        });
        await using var host = await KestrelHost.StartAsync(
            transport,
            app => app.MapGet("/", async (HttpContext http) =>
            {
                await http.Response.WriteAsync("begun ");
                await http.Response.Body.FlushAsync();
                var stopping = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                var lifetime = http.RequestServices.GetRequiredService<IHostApplicationLifetime>();
                using (lifetime.ApplicationStopping.Register(stopping.SetResult))
                    await stopping.Task;
                await answered.Task;
                await http.Response.WriteAsync("done");
            }),
            kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        using var http = new HttpClient { BaseAddress = host.Address };
        using var response = await http.GetAsync(
            "/", HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken).Within();
        Volatile.Write(ref throws, true);

        var stopping = host.StopAsync();
        answered.SetResult();

        Assert.Equal(
            "begun done", await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken).Within());
        await stopping;
    }
}
