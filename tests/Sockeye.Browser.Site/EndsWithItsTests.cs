using System.Runtime.CompilerServices;

/// <summary>
/// Ends the site when its standard input ends, which is what is left of tests that were killed. The sample itself, as people start
/// it, does not look at its input.
/// </summary>
internal static class EndsWithItsTests
{
    [ModuleInitializer]
    internal static void Watch() => new Thread(static () =>
    {
        using var input = Console.OpenStandardInput();
        input.CopyTo(Stream.Null);
        Environment.Exit(0); // In order, as after SIGTERM.
    })
    {
        IsBackground = true,
    }.Start();
}
