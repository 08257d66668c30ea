using AlexNetService.Laboratory.Ablate;
using AlexNetService.ModelSpec.Package;
using AlexNetService.Training.Measuring;

namespace AlexNetService.Laboratory.Tests.Ablate;

public sealed class EnsembleRowTests
{
    [Fact]
    public void Ensembles_OfThreeMembers_AreMeansOverEveryChoice()
    {
        // Four photographs of class 0. What each member gives class 0; above 0.5 is right.
        //   first  0.9 0.9 0.2 0.4 → errors 2/4
        //   second 0.9 0.2 0.9 0.4 → 2/4
        //   third  0.9 0.9 0.9 0.4 → 1/4
        // Pairs: first + second .90 .55 .55 .40 → 1/4; first + third .9 .9 .55 .4 → 1/4; second + third .9 .55 .9 .4 → 1/4. All: 1/4.
        var rows = EnsembleRow.Of([Member(0.9f, 0.9f, 0.2f, 0.4f), Member(0.9f, 0.2f, 0.9f, 0.4f), Member(0.9f, 0.9f, 0.9f, 0.4f)]);

        Assert.Equal([1, 2, 3], rows.Select(row => row.Members));
        Assert.Equal([3, 3, 1], rows.Select(row => row.Top1.Count));
        Assert.Equal(5.0 / 12, rows[0].Top1.Mean, 12);
        Assert.Equal(0.144337567, rows[0].Top1.Deviation ?? 0, 8);
        Assert.Equal(0.25, rows[1].Top1.Mean, 12);
        Assert.Equal(0, rows[1].Top1.Deviation ?? 1, 12);
        Assert.Equal(new Spread(1, 0.25, null), rows[2].Top1);
    }

    private static Predictions Member(params float[] right) => new(
        [new ClassLabel(0, "a", "a"), new ClassLabel(1, "b", "b")],
        [],
        [.. right.Select(_ => 0)],
        [.. right.Select(share => new[] { share, 1 - share })]);
}
