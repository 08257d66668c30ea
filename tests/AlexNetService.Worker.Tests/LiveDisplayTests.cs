using AlexNetService.Training.Loop;
using Spectre.Console;

namespace AlexNetService.Worker.Tests;

public sealed class LiveDisplayTests
{
    [Fact]
    public void View_InTheSecondEpoch_ShowsWhereTheRunStandsAndWhatTheFirstBrought()
    {
        var text = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(text) });
        console.Profile.Width = 120;
        var display = new Train.LiveDisplay(console, TimeProvider.System);
        display.EpochDone(new EpochResult(1, 0.03, 1.8125, 0.5, 0.25, 0.125, 61, DateTimeOffset.UnixEpoch));
        display.Report(new StepReport(2, 500, 1000, 0.015, 1.25, 0.4375, 0.075, TimeSpan.FromSeconds(5), TimeSpan.Zero));

        console.Write(display.View());

        var shown = text.ToString();
        Assert.Contains("500/1000", shown, StringComparison.Ordinal);
        Assert.Equal("loss 1.2500   top-1 error 43.8 %   top-5 error 7.5 %   rate 0.015", shown.Split('\n')[1].Trim());
        Assert.Contains("100 images/s", shown, StringComparison.Ordinal);
        Assert.Contains("25.00 %", shown, StringComparison.Ordinal);
        Assert.Contains("12.50 %", shown, StringComparison.Ordinal);
    }
}
