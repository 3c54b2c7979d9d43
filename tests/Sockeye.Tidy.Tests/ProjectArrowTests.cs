using System.Xml.Linq;
using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>A project exists for a dependency or a deployment reason: arrows between projects keep that reason alive.</summary>
public sealed class ProjectArrowTests
{
    private static readonly string[] CorePackages =
        ["Microsoft.AspNetCore.Connections.Abstractions", "Microsoft.Extensions.Logging.Abstractions"];

    private static IEnumerable<(string Path, string Name, XDocument Project)> Projects =>
        Repository.Files("src", "*.csproj")
            .Select(file => (file.Path, Path.GetFileNameWithoutExtension(file.Path), XDocument.Parse(file.Text)));

    [Fact]
    public void Core_references_no_project_siblings_only_the_core_and_the_tool_any()
    {
        var findings = new Findings();
        foreach (var (path, name, project) in Projects)
        {
            // A reference without the assembly is to what is packed with a project: the analyzers, which use nothing of it.
            var references = project.Descendants("ProjectReference")
                .Where(item => (string?)item.Attribute("ReferenceOutputAssembly") != "false");
            foreach (var reference in references.Select(item => (string)item.Attribute("Include")!))
            {
                var target = Path.GetFileNameWithoutExtension(reference.Replace('\\', '/'));
                if (name == "Sockeye" || (name != "Sockeye.Cli" && target != "Sockeye"))
                    findings.Add(path, 1, $"{name} must not reference {target}: what both need belongs in Sockeye.");
            }
        }

        findings.AssertNone();
    }

    /// <summary>A friend uses what a later version may change, but its package asks for "this version or later".</summary>
    [Fact]
    public void Shipping_projects_are_no_friends_of_each_other()
    {
        var findings = new Findings();
        var names = Projects.Select(project => project.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (path, name, project) in Projects)
        {
            foreach (var friend in project.Descendants("InternalsVisibleTo").Select(item => (string)item.Attribute("Include")!))
            {
                if (names.Contains(friend))
                    findings.Add(path, 1, $"{friend} must not see internals of {name}: use its public members, or src/Shared.");
            }
        }

        foreach (var file in Repository.Files("src", "*.cs"))
        {
            if (file.Text.Contains("InternalsVisibleTo(", StringComparison.Ordinal))
                findings.Add(file.Path, 1, "Friends are named in project files, where this test finds them.");
        }

        findings.AssertNone();
    }

    [Fact]
    public void Core_needs_two_packages()
    {
        var core = Projects.Single(project => project.Name == "Sockeye").Project;
        var packages = core.Descendants("PackageReference")
            .Where(item => (string?)item.Attribute("PrivateAssets") != "all")
            .Select(item => (string)item.Attribute("Include")!);

        Assert.Equal(CorePackages, packages.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Unsafe_code_is_allowed_in_the_linux_transport_only()
    {
        var findings = new Findings();
        foreach (var pattern in (string[])["*.csproj", "*.props", "*.targets"])
        {
            foreach (var file in Repository.Files("", pattern))
            {
                if (file.Path != "src/Sockeye.Linux/Sockeye.Linux.csproj" &&
                    XDocument.Parse(file.Text).Descendants("AllowUnsafeBlocks").Any())
                    findings.Add(file.Path, 1, "AllowUnsafeBlocks is for src/Sockeye.Linux: use spans, or move the code there.");
            }
        }

        findings.AssertNone();
    }
}
