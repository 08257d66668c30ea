namespace AlexNetService.Worker.Tests;

/// <summary>A word that a command does not know is answered with the word that was meant.</summary>
public sealed class UsageErrorTests
{
    [Theory]
    [InlineData("train --lr2 0.1", "'--lr2' is not an option of 'alexnet train'; did you mean --lr?")]
    [InlineData("train --ouput=runs/first", "'--ouput' is not an option of 'alexnet train'; did you mean --output?")]
    [InlineData("train --learning 0.1", "'--learning' is not an option of 'alexnet train'; did you mean --learning-rate?")]
    [InlineData("train --model alexnet", "'--model' is not an option of 'alexnet train'; did you mean --preset?")]
    [InlineData("evaluate --model models/first", "'--model' is not an option of 'alexnet evaluate'; did you mean --package?")]
    [InlineData("evaluate --package a b --dta x", "'--dta' is not an option of 'alexnet evaluate'; did you mean --data?")]
    [InlineData("train --workers 4", "'--workers' is not an option of 'alexnet train'; did you mean --threads?")]
    [InlineData("train --momentum 0.9", "'--momentum' is not an option of 'alexnet train'. 'alexnet train --help' lists them.")]
    [InlineData("classify a.jpg --tpo 3", "'--tpo' is not an option of 'alexnet classify'; did you mean --top?")]
    [InlineData("classify --k 3 a.jpg", "'--k' is not an option of 'alexnet classify'; did you mean --top?")]
    [InlineData("trian", "'trian' is not a command; did you mean train? 'alexnet --help' lists them.")]
    [InlineData("train photos.zip", "if it is the data set, write --data photos.zip.")]
    [InlineData("train --epochs many", "Cannot parse argument 'many' for option '--epochs'. 'alexnet train --help'")]
    [InlineData("evaluate --crops 7", "Argument '7' not recognized. Must be one of: '1', '10'.")]
    public void Word_ThatIsNotKnown_IsAnsweredWithTheOneThatIsMeant(string line, string expected) =>
        Assert.Contains(expected, Of(line), StringComparison.Ordinal);

    [Theory]
    [InlineData("train --lr 0.1 --wd 0.001 --batch 32 --data-dir d --out runs/first")]
    [InlineData("train --dataset d --lr=0.1")]
    [InlineData("prepare --dataset d --out prepared")]
    [InlineData("classify -- --odd.jpg")]
    [InlineData("train --lr 0.1 --nonsense --help")]
    public void Line_WithNamesOfOtherSoftware_IsUnderstood(string line) => Assert.Null(Of(line));

    [Fact]
    public void Names_OfOtherSoftware_MeanOurOptions()
    {
        var parsed = Root().Parse("train --lr 0.25 --batch 32 --out runs/first");

        Assert.Equal(0.25, parsed.GetValue<double>("--learning-rate"));
        Assert.Equal(32, parsed.GetValue<int>("--batch-size"));
        Assert.Equal("runs/first", parsed.GetValue<string?>("--output"));
    }

    private static string? Of(string line) => UsageError.Of(Root().Parse(line));

    private static System.CommandLine.RootCommand Root() => CommandTree.Create(CommonOptions.Log(), new Ranks(), CancellationToken.None);
}
