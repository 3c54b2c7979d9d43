using Sockeye.Comparison.CommandLine;

return await Commands.RunAsync(args);
