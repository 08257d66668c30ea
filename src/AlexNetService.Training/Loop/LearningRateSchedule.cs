namespace AlexNetService.Training.Loop;

/// <summary>How the learning rate changes over the epochs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateSchedule>))]
public enum LearningRateSchedule
{
    /// <summary>Divided by 10 when the validation error stops improving, at most three times (Krizhevsky 2012 §5).</summary>
    Plateau,

    /// <summary>Divided by 10 after 60 % and again after 85 % of the epochs: the plateau schedule with fixed drops.</summary>
    Steps,

    /// <summary>Half a cosine from the initial rate to nearly zero (Loshchilov and Hutter 2016).</summary>
    Cosine,

    /// <summary>The same rate throughout, as in the paper's figure 1.</summary>
    Constant,

    /// <summary>
    /// Two straight lines, step by step: up from a tenth of the rate over the first twentieth of the run, then down to nearly zero. The
    /// warm-up permits a higher rate than fresh weights would otherwise tolerate (Goyal et al. 2017).
    /// </summary>
    Linear,
}

/// <summary>Computes learning rates. A rate depends only on past epochs, so a resumed run needs no extra state.</summary>
internal static class LearningRates
{
    private const int Patience = 4;
    private const int MostDrops = 3;
    private const double LeastImprovement = 0.001;
    private const double WarmUp = 0.05;
    private const double Least = 0.005;

    /// <summary>Whether a run can get more epochs and then equals one that had them from its start: its past rates stay the same.</summary>
    public static bool BearMoreEpochs(LearningRateSchedule schedule) =>
        schedule is LearningRateSchedule.Constant or LearningRateSchedule.Plateau;

    /// <summary>
    /// The rate of a step: of an epoch, from 0, of which a share is done, and after the top-1 errors, 0 to 1, of the earlier epochs.
    /// </summary>
    public static double At(TrainingRecipe recipe, int epoch, double through, IReadOnlyList<double> validationErrors) =>
        recipe.LearningRate * Growth(recipe, epoch + through) * Share(recipe, epoch, through, validationErrors);

    /// <summary>The rate as a share of the highest rate, 0 to 1.</summary>
    private static double Share(TrainingRecipe recipe, int epoch, double through, IReadOnlyList<double> errors) => recipe.Schedule switch
    {
        LearningRateSchedule.Plateau => Math.Pow(0.1, Drops(errors)),
        LearningRateSchedule.Steps => epoch >= 0.85 * recipe.Epochs ? 0.01 : epoch >= 0.6 * recipe.Epochs ? 0.1 : 1,
        LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * epoch / recipe.Epochs)),
        LearningRateSchedule.Constant => 1,
        LearningRateSchedule.Linear => UpAndDown((epoch + through) / recipe.Epochs),
        var unknown => throw new ArgumentOutOfRangeException(nameof(recipe), unknown, "Unknown schedule."),
    };

    /// <summary>What a batch larger than the one that the rate is for multiplies it by, after a number of epochs.</summary>
    private static double Growth(TrainingRecipe recipe, double epochs) => recipe.RateBatch is { } batch
        ? 1 + ((((double)recipe.BatchSize / batch) - 1) * Math.Min(1, epochs / TrainingRecipe.GrowthEpochs))
        : 1;

    private static double UpAndDown(double done) =>
        done < WarmUp ? 0.1 + (0.9 * done / WarmUp) : Math.Max(Least, (1 - done) / (1 - WarmUp));

    /// <summary>How often the error did not improve for four epochs, at most three.</summary>
    private static int Drops(IReadOnlyList<double> errors)
    {
        var (drops, best, since) = (0, double.PositiveInfinity, 0);
        foreach (var error in errors)
        {
            since = error < best - LeastImprovement ? 0 : since + 1;
            best = Math.Min(best, error);
            if (since >= Patience && drops < MostDrops)
            {
                (drops, since) = (drops + 1, 0);
            }
        }

        return drops;
    }
}
