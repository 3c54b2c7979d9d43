using Sockeye.Cli;

return await CommandLine.RunAsync(args);
