using System.Runtime.CompilerServices;

/// <summary>
/// Ends the site when its standard input ends, as it does when tests are killed. The sample itself, as people start it, does not
/// look at its input.
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
