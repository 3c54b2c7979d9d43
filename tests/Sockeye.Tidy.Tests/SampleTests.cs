using Sockeye.Tidy.Tests.Support;

namespace Sockeye.Tidy.Tests;

/// <summary>The programs that show the library compile, and those that misuse it do not.</summary>
public sealed class SampleTests
{
    public static TheoryData<string> Samples => Paths("samples");

    public static TheoryData<string> Misuses => Paths("tests/Sockeye.Tidy.Tests/Misuse");

    [Theory, MemberData(nameof(Samples))]
    public void Sample_compiles(string path)
    {
        var complaints = CSharp.CompileProgram(Repository.Read(path)).Complaints();

        Assert.True(complaints.Count == 0, string.Join(Environment.NewLine, complaints));
    }

    [Theory, MemberData(nameof(Samples))]
    public void Analyzers_report_nothing_in_a_sample(string path)
    {
        var reports = PackageAnalyzers.Run(CSharp.CompileProgram(Repository.Read(path)));

        Assert.True(reports.Count == 0, string.Join(Environment.NewLine, reports));
    }

    [Theory, MemberData(nameof(Misuses))]
    public void Misuse_does_not_compile_for_the_reason_it_names(string path)
    {
        var file = Repository.Read(path);
        var expected = file.Lines[0].Split(' ', ':') is ["//", "error", var id, ..] ? id : "";
        Assert.True(expected != "", $"{path}:1: begin with the error to expect: // error CS0000: why");

        var complaints = CSharp.CompileProgram(file).Complaints();

        Assert.True(complaints.Count > 0, $"{path}:1: compiles, so nothing keeps people from this mistake.");
        Assert.True(complaints.All(complaint => complaint.Id == expected),
            $"Expected nothing but {expected}:{Environment.NewLine}{string.Join(Environment.NewLine, complaints)}");
    }

    private static TheoryData<string> Paths(string folder) => [.. Repository.Files(folder, "*.cs").Select(file => file.Path)];
}
