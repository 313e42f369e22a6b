# Completion of byok in PowerShell: the program answers. Nothing runs when this file is read.
# The words go through a pipe, because a key may have been typed among them, and arguments are visible to other users.
Register-ArgumentCompleter -Native -CommandName byok -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $before = $commandAst.CommandElements | Where-Object { $_.Extent.EndOffset -lt $cursorPosition }
    $words = @($before | ForEach-Object { if ($_.PSObject.Properties['Value']) { $_.Value } else { $_.Extent.Text } })
    (($words + $wordToComplete) -join "`n") + "`n" | byok __complete powershell 2>$null | ForEach-Object {
        $quoted, $value, $about = $_ -split "`t"
        if (-not $about) { $about = $value }
        [System.Management.Automation.CompletionResult]::new($quoted, $value, 'ParameterValue', $about)
    }
}
