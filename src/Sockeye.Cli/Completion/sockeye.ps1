# PowerShell completion for sockeye. Load it with: sockeye completion pwsh | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName sockeye -ScriptBlock {
    param($word, $command, $cursor)
    $line = $command.ToString()
    $length = $cursor - $command.Extent.StartOffset
    $line = $line.PadRight($length).Substring(0, $length)
    # Without a suggestion, PowerShell completes names of files.
    sockeye suggest -- $line 2> $null | ForEach-Object {
        $text, $description = $_ -split "`t", 2
        if (-not $description) { $description = $text }
        [System.Management.Automation.CompletionResult]::new($text, $text, 'ParameterValue', $description)
    }
}
