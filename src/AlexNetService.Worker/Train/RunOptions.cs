namespace AlexNetService.Worker.Train;

/// <summary>
/// The options of <c>alexnet train</c> that a run remembers, one entry each: name, help, how to read the value from a run and how to
/// write it to the settings of a new one. To add an option, add an entry.
/// </summary>
internal static class RunOptions
{
    private const string On = "on";
    private const string Off = "off";

    public static IReadOnlyList<RunOption> Create() =>
    [
        OfTheRecipe(
            TrainCommand.Epochs, "Passes over the data.", recipe => recipe.Epochs, (recipe, value) => recipe with { Epochs = value }),
        OfTheRecipe(
            "--batch-size", "Photographs in a step.", recipe => recipe.BatchSize, (recipe, value) => recipe with { BatchSize = value }),
        OfTheRecipe(
            "--learning-rate",
            "Learning rate at the start.",
            recipe => recipe.LearningRate, (recipe, value) => recipe with { LearningRate = value }),
        OfTheRecipe(
            "--weight-decay",
            "Share of each weight that a step removes, multiplied by the learning rate: at least 0, below 1.",
            recipe => recipe.WeightDecay, (recipe, value) => recipe with { WeightDecay = value }),
        OfTheRecipe("--schedule", "How the rate falls.", recipe => recipe.Schedule, (recipe, value) => recipe with { Schedule = value }),
        OfTheRecipe(
            "--precision",
            "Precision of a step: fp32, or bf16 with float32 master weights, about twice as fast on hardware that supports it.",
            recipe => recipe.Precision, (recipe, value) => recipe with { Precision = value }),
        RunOption.Of(
            CommonOptions.Of<ComputePrecision?>(
                "--gradient-precision",
                "Precision of the gradients that ranks send each other: fp32, or bf16, half as many bytes. Default: that of a step."),
            state => state.Recipe.GradientPrecision,
            (settings, value) => settings with { Recipe = settings.Recipe with { GradientPrecision = value } }),
        RunOption.Of(
            CommonOptions.Of<int?>(
                "--rate-batch",
                "The batch that the learning rate is for, if --batch-size is larger: the rate grows to batch-size / rate-batch times "
                    + $"itself over the first {TrainingRecipe.GrowthEpochs} epochs. Default: the batch itself."),
            state => state.Recipe.RateBatch,
            (settings, value) => settings with { Recipe = settings.Recipe with { RateBatch = value } }),
        OfTheRecipe(
            "--scale-jitter",
            "Random crops are cut from windows up to this share smaller or larger than the crop, then resampled. 0: all of one size, "
                + "as in the paper.",
            recipe => recipe.ScaleJitter, (recipe, value) => recipe with { ScaleJitter = value }),
        OfTheRecipe(
            "--cut-mix",
            "Share of the steps in which a rectangle of each crop comes from another photograph, and the loss weighs both labels by area. "
                + "0: never, as in the paper.",
            recipe => recipe.CutMix, (recipe, value) => recipe with { CutMix = value }),
        OfTheRecipe(
            "--bias-rate",
            "Learning rate of the biases as a multiple of the weights': 1 as in the paper, 2 as in its code.",
            recipe => recipe.BiasRate, (recipe, value) => recipe with { BiasRate = value }),
        OfTheRecipe(
            "--bias-decay",
            "Whether biases decay as the weights do: true or false.",
            recipe => recipe.BiasDecay, (recipe, value) => recipe with { BiasDecay = value }),
        OfTheRecipe(
            "--centred-weights",
            "Whether the weights of each hidden unit are held to a sum of zero, which learns faster than the paper's update: "
                + "true or false.",
            recipe => recipe.CentredWeights, (recipe, value) => recipe with { CentredWeights = value },
            ofTheNetwork: true),
        OfTheRecipe(
            "--depth-rate",
            "Rate of a layer as a multiple of the rate of the layer after it: 1 as in the paper; below 1 the first layers change least.",
            recipe => recipe.DepthRate, (recipe, value) => recipe with { DepthRate = value }),
        OfTheRecipe(
            "--balanced-classes",
            "Whether each class has the same weight in the loss, however many photographs it has: true or false.",
            recipe => recipe.BalancedClasses, (recipe, value) => recipe with { BalancedClasses = value }),
        OfTheRecipe(
            "--patience",
            "Epochs without a lower held-out error after which the run ends; 0 for never.",
            recipe => recipe.Patience, (recipe, value) => recipe with { Patience = value }),
        OfTheRecipe(
            TrainCommand.ValidationFraction,
            "Share of each class that is held out. Every seed holds out the same photographs.",
            recipe => recipe.ValidationFraction, (recipe, value) => recipe with { ValidationFraction = value }),
        Activation(),
        Switch(
            "--lrn",
            "Local response normalisation (§3.3).",
            table => table.Layers.Any(layer => layer is LocalResponseNormalisation),
            (switches, on) => switches with { ResponseNormalisation = on }),
        Switch(
            "--overlapping-pooling",
            "Pooling windows larger than their stride (§3.4).",
            table => table.Layers.OfType<MaxPooling>().Any(pooling => pooling.Window > pooling.Stride),
            (switches, on) => switches with { OverlappingPooling = on }),
        DropoutRate(),
        Switch(
            "--augmentation",
            "Random crops and mirror images (§4.1); off: the centre crop only.",
            state => state.Recipe.RandomCrops,
            (settings, on) => settings with { Recipe = settings.Recipe with { RandomCrops = on } }),
        Switch(
            "--pca-colour",
            "Colours shifted along their principal components (§4.1).",
            state => state.Recipe.ColourShift > 0,
            (settings, on) => settings with { Recipe = settings.Recipe with { ColourShift = on ? settings.Recipe.ColourShift : 0 } }),
        RunOption.Of(
            CommonOptions.Of<int>("--columns", "Columns, 1 or 2 (§3.2). Default: the preset's.").Among("1", "2"),
            state => state.Architecture.Columns,
            (settings, value) => settings with { Switches = settings.Switches with { Columns = value } },
            ofTheNetwork: true),
        Switch(
            "--exchange",
            "conv3 reads both columns (§3.2); off: it reads its own column, and the columns meet in the dense layers.",
            table => table.Layers.OfType<Convolution>().Any(layer => layer.Reads == Reads.BothColumns),
            (switches, on) => switches with { Exchange = on }),
    ];

    private static RunOption OfTheRecipe<T>(
        string name, string help, Func<TrainingRecipe, T> read, Func<TrainingRecipe, T, TrainingRecipe> write, bool ofTheNetwork = false)
    {
        var option = new Option<T>(name) { Description = $"{help} Default: the preset's, or that of fine-tuning." };
        if (option is Option<double> number)
        {
            number.CustomParser = CommonOptions.ParseNumber;
        }

        return RunOption.Of(
            option,
            state => read(state.Recipe),
            (settings, value) => settings with { Recipe = write(settings.Recipe, value) },
            ofTheNetwork);
    }

    private static RunOption Switch(
        string name, string help, Func<NetworkArchitecture, bool> read, Func<NetworkSwitches, bool, NetworkSwitches> write) => Switch(
        name,
        help,
        state => read(state.Architecture),
        (settings, on) => settings with { Switches = write(settings.Switches, on) },
        ofTheNetwork: true);

    private static RunOption Switch(
        string name, string help, Func<TrainingState, bool> read, Func<RunSettings, bool, RunSettings> write, bool ofTheNetwork = false)
    {
        var option = CommonOptions.Of(name, help, On).Among(On, Off);
        return RunOption.Of(option, state => read(state) ? On : Off, (settings, value) => write(settings, value == On), ofTheNetwork);
    }

    private static RunOption Activation()
    {
        const string Relu = "relu";
        const string Tanh = "tanh";
        return RunOption.Of(
            CommonOptions.Of("--activation", "relu, or tanh as before the paper (§3.1).", Relu).Among(Relu, Tanh),
            state => state.Architecture.Layers.Any(layer => layer is HyperbolicTangent) ? Tanh : Relu,
            (settings, value) => settings with { Switches = settings.Switches with { Tanh = value == Tanh } },
            ofTheNetwork: true);
    }

    private static RunOption DropoutRate()
    {
        const double Paper = 0.5;
        var option = new Option<double>("--dropout")
        {
            Description =
                $"Share of the units of the dense layers that a step drops (§4.2): 0 to below 1, on ({Paper}, as in the paper), off (0). "
                + "Default: the preset's.",
            HelpName = "rate|on|off",
            CustomParser = argument => argument.Tokens[0].Value switch
            {
                On => Paper,
                Off => 0,
                _ => CommonOptions.ParseNumber(argument),
            },
        };
        return RunOption.Of(
            option,
            state => state.Architecture.Layers.OfType<Dropout>().FirstOrDefault()?.Rate ?? 0,
            (settings, value) => settings with { Switches = settings.Switches with { Dropout = value } });
    }
}
