using Sockeye.Upgrade.CommandLine;

return await Commands.RunAsync(args);
