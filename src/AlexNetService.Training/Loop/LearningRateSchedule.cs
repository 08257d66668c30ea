using System.Text.Json.Serialization;

namespace AlexNetService.Training.Loop;

/// <summary>How the learning rate falls over the epochs.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<LearningRateSchedule>))]
public enum LearningRateSchedule
{
    /// <summary>÷ 10 when the validation error has stopped improving, three times at most (Krizhevsky 2012 §5).</summary>
    Plateau,

    /// <summary>÷ 10 after 60 %, and again after 85 % of the epochs: the plateau schedule with its moments fixed in advance.</summary>
    Steps,

    /// <summary>Half a cosine from the first rate to nearly zero (Loshchilov and Hutter 2016).</summary>
    Cosine,

    /// <summary>The same rate throughout, as in the paper's figure 1.</summary>
    Constant,

    /// <summary>
    /// Step by step in two straight lines: up from a tenth over the first twentieth of the run, then down to nearly zero. The warm-up lets
    /// the rate be higher than fresh weights would bear (Goyal et al. 2017).
    /// </summary>
    Linear,
}

/// <summary>The rates of the schedules. A rate follows from the past alone, so a resumed run needs no state of its own.</summary>
public static class LearningRates
{
    private const int Patience = 4;
    private const int MostDrops = 3;
    private const double LeastImprovement = 0.001;
    private const double WarmUp = 0.05;
    private const double Least = 0.005;

    /// <summary>The rate of a step.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="epoch">The epoch, from 0.</param>
    /// <param name="through">How much of the epoch is done, 0 to 1; only <see cref="LearningRateSchedule.Linear"/> asks.</param>
    /// <param name="validationErrors">Top-1 error, 0 to 1, after each of the epochs before.</param>
    public static double At(TrainingRecipe recipe, int epoch, double through, IReadOnlyList<double> validationErrors) =>
        recipe.LearningRate * Share(recipe, epoch, through, validationErrors);

    /// <summary>What is left of the highest rate, 0 to 1.</summary>
    private static double Share(TrainingRecipe recipe, int epoch, double through, IReadOnlyList<double> validationErrors) => recipe.Schedule switch
    {
        LearningRateSchedule.Plateau => Math.Pow(0.1, Drops(validationErrors)),
        LearningRateSchedule.Steps => epoch >= 0.85 * recipe.Epochs ? 0.01 : epoch >= 0.6 * recipe.Epochs ? 0.1 : 1,
        LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * epoch / recipe.Epochs)),
        LearningRateSchedule.Constant => 1,
        LearningRateSchedule.Linear => UpAndDown((epoch + through) / recipe.Epochs),
        var unknown => throw new ArgumentOutOfRangeException(nameof(recipe), unknown, "Unknown schedule."),
    };

    /// <param name="done">Share of the run that is done, 0 to 1.</param>
    private static double UpAndDown(double done) =>
        done < WarmUp ? 0.1 + (0.9 * done / WarmUp) : Math.Max(Least, (1 - done) / (1 - WarmUp));

    /// <summary>How often the error stood still for four epochs.</summary>
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
