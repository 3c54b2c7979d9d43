namespace Sockeye.Comparison.Contestants;

/// <summary>Finds programs as the shell does.</summary>
internal static class Programs
{
    public static string? Find(string name) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);

    /// <summary>The command that runs this program again with other arguments.</summary>
    public static string[] Self(params IEnumerable<string> arguments)
    {
        var host = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(host) == "dotnet"
            ? [host, typeof(Programs).Assembly.Location, .. arguments]
            : [host, .. arguments];
    }

    /// <summary>The command that runs another build of this program, given as its executable or its .dll.</summary>
    public static string[] Other(string program, params IEnumerable<string> arguments) =>
        Path.GetExtension(program) == ".dll" ? ["dotnet", program, .. arguments] : [program, .. arguments];
}
