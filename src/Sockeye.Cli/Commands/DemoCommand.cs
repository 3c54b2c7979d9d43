using System.CommandLine;
namespace Sockeye.Cli;
internal static class DemoCommand { public const string Examples = ""; public static Command Create() => new("demo"); }
