using System.Diagnostics;
using System.IO.Compression;
using System.Xml.Linq;
using Sockeye.Transport.Tests.Support;

namespace Sockeye.Hosting.Tests;

/// <summary>What the packages of the libraries ask for, by what is written into them.</summary>
public sealed class PackageTests
{
    private const string FirstPatch = "10.0.0";

    [Theory]
    [InlineData("Sockeye", "Microsoft.AspNetCore.Connections.Abstractions", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData(
        "Sockeye.Hosting", "Microsoft.Extensions.DependencyInjection.Abstractions",
        "Microsoft.Extensions.Diagnostics.HealthChecks", "Microsoft.Extensions.Hosting.Abstractions",
        "Microsoft.Extensions.Options", "Sockeye")]
    public async Task Package_asks_for_first_patches_and_for_its_own_version(string library, params string[] dependencies)
    {
        using var directory = new TemporaryDirectory();

        var asked = await DependenciesAsync(library, directory.Path);

        // A later patch would break programs that pin an earlier one: NU1605, a package downgrade.
        Assert.Equal(
            dependencies.Select(name => name == "Sockeye" ? $"{name} [{OwnVersion}]" : $"{name} {FirstPatch}"),
            asked.Order(StringComparer.Ordinal));
    }

    private static string OwnVersion => typeof(SockeyeServer).Assembly.GetName().Version!.ToString(3);

    private static async Task<List<string>> DependenciesAsync(string library, string directory)
    {
        await PackAsync(library, directory);
        using var package = await ZipFile.OpenReadAsync(
            Directory.GetFiles(directory, "*.nupkg").Single(), TestContext.Current.CancellationToken);
        await using var manifest = await package.Entries.Single(entry => entry.Name == $"{library}.nuspec").OpenAsync();
        var nuspec = await XDocument.LoadAsync(manifest, LoadOptions.None, TestContext.Current.CancellationToken);
        return [.. nuspec.Descendants().Where(element => element.Name.LocalName == "dependency")
            .Select(element => $"{(string?)element.Attribute("id")} {(string?)element.Attribute("version")}")];
    }

    /// <summary>Packs what was built for these tests.</summary>
    private static async Task PackAsync(string library, string directory)
    {
        // …/tests/Sockeye.Hosting.Tests/bin/Debug/net10.0
        var built = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar));
        var (configuration, root) = (built.Parent!.Name, built.Parent.Parent!.Parent!.Parent!.Parent!.FullName);
        var start = new ProcessStartInfo("dotnet")
        {
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "pack", Path.Combine(root, "src", library), "--no-build", "--no-restore", "-c", configuration, "-o", directory,
                "-nodeReuse:false",
            },
        };
        using var pack = Process.Start(start)!;
        var output = await pack.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(10), TimeProvider.System, TestContext.Current.CancellationToken);
        await pack.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(pack.ExitCode == 0, output);
    }
}
