using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using k8s;
using k8s.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Sockeye.Hosting.Tests.Support;
using Sockeye.Tests.Support;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests.Deployment;

/// <summary>The manifest in docs/kubernetes.md: its configuration starts a server, and its times fit each other.</summary>
public sealed class KubernetesTests
{
    private static readonly string[] Manifest = DocumentedBlocks.Read("kubernetes.md", "yaml")[0].Split("---\n");

    // A field that Kubernetes does not know is an error.
    private static readonly V1ConfigMap Settings = KubernetesYaml.Deserialize<V1ConfigMap>(Manifest[0], strict: true);
    private static readonly V1Deployment Deployment = KubernetesYaml.Deserialize<V1Deployment>(Manifest[1], strict: true);
    private static readonly V1Service Service = KubernetesYaml.Deserialize<V1Service>(Manifest[2], strict: true);
    private static readonly V1PodDisruptionBudget Budget =
        KubernetesYaml.Deserialize<V1PodDisruptionBudget>(Manifest[3], strict: true);

    private static V1PodSpec Pod => Deployment.Spec.Template.Spec;

    private static V1Container Container => Pod.Containers.Single();

    [Fact]
    public async Task Configuration_starts_a_server_that_requires_headers_of_the_load_balancer()
    {
        await using var host = await TestHost.StartAsync(
            OnFreePort(Settings.Data["server.json"]),
            server => server.AddHandler("orders", listen => listen.Run(ConnectionText.Echo)));

        Assert.Single(host.Server.EndPoints);
        Assert.Contains("UseProxyProtocol", Assert.Single(host.Log.WithId(1000)).Message, StringComparison.Ordinal);
    }

    /// <summary>Kubernetes writes the files into a new folder, and renames a symbolic link to it over the old one.</summary>
    [Fact]
    public async Task Configuration_that_kubernetes_replaces_reaches_the_running_server()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The kubelet's renaming of a link is done by mv -T.");
        using var directory = new TemporaryDirectory();
        var json = OnFreePort(Settings.Data["server.json"]);
        Mount(directory.Path, "first", json);
        File.CreateSymbolicLink(Path.Combine(directory.Path, "server.json"), Path.Combine("..data", "server.json"));
        using var files = new PhysicalFileProvider(directory.Path) { UsePollingFileWatcher = true, UseActivePolling = true };
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddJsonFile(files, "server.json", optional: false, reloadOnChange: true);
        builder.Services.AddSockeyeServer(
            server => server.AddHandler("orders", listen => listen.Run(ConnectionText.Echo)));
        using var host = builder.Build();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var server = host.Services.GetRequiredService<HostedServer>().Server;
        Assert.Equal(20_000, server.GetLoad().MaxConnections);

        Mount(directory.Path, "second", json.Replace("20000", "30000", StringComparison.Ordinal));

        await BoundedWait.Until(() => server.GetLoad().MaxConnections == 30_000, "the server was reloaded");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>A time that is too short cuts off what it contains.</summary>
    [Fact]
    public void Each_time_to_stop_is_longer_than_those_that_it_contains()
    {
        var text = JsonNode.Parse(Settings.Data["server.json"])!["Sockeye"]!["ShutdownTimeout"]!.GetValue<string>();
        var server = int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture);
        var host = HostShutdownTimeout().TotalSeconds;
        var preStop = Container.Lifecycle.PreStop.Sleep.Seconds;
        var kill = Pod.TerminationGracePeriodSeconds;

        Assert.True(server < host, $"The host gives up after {host} s, and the server drains for {server} s.");
        Assert.True(preStop + host < kill, $"SIGKILL comes after {kill} s, the host is done after {preStop + host} s.");
    }

    [Fact]
    public void Names_that_refer_to_each_other_are_the_same()
    {
        var names = Container.Ports.Select(port => port.Name).ToList();
        var labels = Deployment.Spec.Template.Metadata.Labels;

        Assert.All(
            [Container.StartupProbe, Container.ReadinessProbe, Container.LivenessProbe],
            probe => Assert.Contains(probe.HttpGet.Port.Value, names));
        Assert.Contains(Service.Spec.Ports.Single().TargetPort.Value, names);
        Assert.Equal(
            Pod.Volumes.Select(volume => volume.Name).Order(StringComparer.Ordinal),
            Container.VolumeMounts.Select(mount => mount.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Settings.Metadata.Name, Pod.Volumes[0].ConfigMap.Name);
        Assert.Equal(labels, Deployment.Spec.Selector.MatchLabels);
        Assert.Equal(labels, Service.Spec.Selector);
        Assert.Equal(labels, Budget.Spec.Selector.MatchLabels);
        Assert.Equal(
            Variable("ASPNETCORE_HTTP_PORTS"), $"{Container.Ports.Single(port => port.Name == "health").ContainerPort}");
    }

    private static string OnFreePort(string json) => json.Replace("\"*:7000\"", "\"127.0.0.1:0\"", StringComparison.Ordinal);

    private static void Mount(string directory, string version, string json)
    {
        Directory.CreateDirectory(Path.Combine(directory, version));
        File.WriteAllText(Path.Combine(directory, version, "server.json"), json);
        var link = Path.Combine(directory, "..data");
        File.CreateSymbolicLink($"{link}.new", version);
        using var rename = Process.Start("mv", ["-T", $"{link}.new", link]); // File.Move follows the link.
        rename.WaitForExit();
        Assert.Equal(0, rename.ExitCode);
    }

    /// <summary>As the host reads it from the environment of the container, without the prefix.</summary>
    private static TimeSpan HostShutdownTimeout()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration.AddInMemoryCollection([new("SHUTDOWNTIMEOUTSECONDS", Variable("DOTNET_SHUTDOWNTIMEOUTSECONDS"))]);
        using var host = builder.Build();
        return host.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
    }

    private static string Variable(string name) => Container.Env.Single(variable => variable.Name == name).Value;
}
