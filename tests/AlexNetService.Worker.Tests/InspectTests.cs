namespace AlexNetService.Worker.Tests;

public class InspectTests
{
    [Fact]
    public async Task Inspect_OfThePapersPreset_PrintsShapesParametersAndMultiplyAdds()
    {
        var (code, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet");

        Assert.Equal(ExitCode.Done, code);
        var lines = output.Split('\n');
        var conv3 = Assert.Single(lines, line => line.Contains("conv3 ", StringComparison.Ordinal));
        Assert.Contains("both columns", conv3, StringComparison.Ordinal);
        Assert.Contains("384×13×13", conv3, StringComparison.Ordinal);
        Assert.Contains("885,120", conv3, StringComparison.Ordinal);
        Assert.Contains("149,520,384", conv3, StringComparison.Ordinal);
        var total = Assert.Single(lines, line => line.Contains("total", StringComparison.Ordinal));
        Assert.Contains("60,965,224", total, StringComparison.Ordinal);
        Assert.Contains("724,406,816", total, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Inspect_WithOtherClasses_CountsThem()
    {
        var (_, output, _) = await Programs.AlexnetAsync("inspect", "--preset", "alexnet", "--classes", "10");

        // 990 classes fewer, 4,097 parameters each.
        Assert.Contains("56,909,194", output, StringComparison.Ordinal);
    }
}
