namespace AlexNetService.Inference.Sessions;

/// <summary>The runs of a model with one number of crops.</summary>
/// <param name="Crops">Crops in each of the runs.</param>
/// <param name="Runs">Number of runs.</param>
/// <param name="Time">Their total duration.</param>
public readonly record struct RunTotal(int Crops, long Runs, TimeSpan Time);
