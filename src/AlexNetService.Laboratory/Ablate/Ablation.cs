namespace AlexNetService.Laboratory.Ablate;

/// <summary>Runs a whole plan and reports the results.</summary>
/// <param name="stop">Stops after the current step; the same plan continues from there.</param>
internal sealed class Ablation(AblationPlan plan, CancellationToken stop)
{
    private readonly AblationDisplay display = new(TimeProvider.System, plan.Count);
    private readonly List<RunOutcome> outcomes = [];
    private int place;

    /// <summary>Does the runs that are not done yet, and writes the report after each.</summary>
    public AblationReport Run()
    {
        using var sets = DataSets.Open(new DataPaths(plan.Data, null));
        InputException.ThrowIf(
            sets.Source.Split(plan.Recipe.Share).HeldOut.Count == 0,
            $"'{sets.Source.Name}' has too few photographs to hold any out. Ten of a class are needed.");
        using var held = RunLock.Take(plan.Output);
        var run = new AblationRun(plan, sets, display, stop);
        foreach (var planned in plan.OfVariants())
        {
            Next(planned);
            outcomes.Add(run.Of(planned));
            AblationReport.Of(plan, sets.Source, outcomes, figure1: null).Write(plan.Output);
        }

        var figure1 = plan.HasFigure1 ? Figure1(run, chance: 1 - (1.0 / sets.Source.Labels.Count)) : null;
        var report = AblationReport.Of(plan, sets.Source, outcomes, figure1);
        report.Write(plan.Output);
        return report;
    }

    private Figure1Report Figure1(AblationRun run, double chance)
    {
        var (runs, best) = (new List<Figure1Run>(), new List<Figure1Best>());
        foreach (var activation in AblationPlan.Activations)
        {
            // A rate that is already slower than another cannot be the best. An epoch's error stands for the middle of the epoch.
            double MostEpochs() =>
                runs.Where(past => past.Activation == activation && past.Seed == 1).Min(past => past.Epochs) ?? double.PositiveInfinity;
            foreach (var rate in plan.Rates)
            {
                runs.Add(Figure1(run, activation, rate, seed: 1, MostEpochs(), chance));
            }

            var chosen = Figure1Report.BestRate(runs.Where(past => past.Activation == activation));
            for (var seed = 2; seed <= plan.Seeds; seed++)
            {
                runs.Add(Figure1(run, activation, chosen, seed, double.PositiveInfinity, chance));
            }

            var atBest = runs.Where(past => past.Activation == activation && past.Rate.Equals(chosen)).ToArray();
            best.Add(new Figure1Best(
                activation,
                chosen,
                Spread.Of([.. atBest.Where(past => past.Epochs is not null).Select(past => past.Epochs ?? 0)]),
                atBest.Count(past => past.Epochs is null),
                plan.Rates.Count > 1 && (chosen.Equals(plan.Rates[0]) || chosen.Equals(plan.Rates[^1]))));
        }

        return new Figure1Report(AblationPlan.Figure1Error, plan.Figure1Epochs, runs, best);
    }

    private Figure1Run Figure1(AblationRun run, string activation, double rate, int seed, double most, double chance)
    {
        var planned = plan.OfFigure1(activation, rate, seed);
        Next(planned);
        var outcome = run.Of(planned, epoch => epoch.TrainingTop1Error <= AblationPlan.Figure1Error || epoch.Epoch - 0.5 >= most);
        outcomes.Add(outcome);
        return new Figure1Run(
            activation,
            rate,
            seed,
            Figure1Report.EpochsTo(outcome.Epochs, AblationPlan.Figure1Error, chance),
            outcome.Epochs.Count,
            outcome.Epochs.Count > 0 ? outcome.Epochs[^1].TrainingTop1Error : null,
            outcome.Diverged);
    }

    private void Next(PlannedRun run)
    {
        place++;
        var variants = plan.Variants.Count * plan.Seeds;
        var after = (Math.Max(0, variants - place) * plan.Recipe.Epochs) + ((plan.Count - Math.Max(place, variants)) * plan.Figure1Epochs);
        display.Next(run, place, after);
    }
}
