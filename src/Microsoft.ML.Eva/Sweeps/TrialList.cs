namespace Microsoft.ML.Eva.Sweeps;

/// <summary>Chooses the combinations a sweep tries: a pure function of the options and the seed.</summary>
internal static class TrialList
{
    // Draws in a row that give nothing new, after which the combinations are taken to be used up.
    private const int MostRepeats = 1000;

    /// <summary>The trials, all of them different, with options that have been checked.</summary>
    /// <param name="options">Checked options.</param>
    /// <param name="adapter">What every trial starts from.</param>
    /// <param name="training">What every trial starts from.</param>
    /// <param name="seed">The run's seed.</param>
    /// <exception cref="ArgumentException">A combination leads to options out of range; the message names it.</exception>
    public static IReadOnlyList<TrialConfiguration> Create(EvaLoraSweepOptions options, AdapterOptions adapter, TrainingOptions training, int seed)
    {
        var dimensions = options.Dimensions.OrderByDescending(dimension => dimension.ReplacesMethod).ToList();
        var trials = new List<TrialConfiguration>();
        var known = new HashSet<string>();
        var (most, combinations) = options.Search switch
        {
            RandomSearchOptions random => (random.Trials, Draws(dimensions, seed)),
            GridSearchOptions grid => (int.MaxValue, Grid(dimensions, grid.PointsPerRange)),
            _ => throw new NotSupportedException($"No search is known for {options.Search.GetType().Name}."),
        };
        var repeats = 0;
        foreach (var values in combinations)
        {
            var trial = Apply(trials.Count + 1, InOrder(values, options.Dimensions), values, adapter, training);
            repeats = known.Add(trial.Description) ? 0 : repeats + 1;
            if (repeats == 0)
                trials.Add(trial);
            if (trials.Count == most || repeats == MostRepeats)
                break;
        }
        return trials;
    }

    private static IEnumerable<SweepValue[]> Draws(List<SweepDimension> dimensions, int seed)
    {
        var random = Data.EpochOrder.CreateRandom(seed, dimensions.Count);
        while (true)
            yield return [.. dimensions.Select(dimension => dimension.Draw(random))];
    }

    // The last dimension changes fastest.
    private static IEnumerable<SweepValue[]> Grid(List<SweepDimension> dimensions, int points) => dimensions.Aggregate(
        (IEnumerable<SweepValue[]>)[[]],
        (combinations, dimension) => combinations.SelectMany(values => dimension.Grid(points), (values, value) => (SweepValue[])[.. values, value]));

    private static SweepValue[] InOrder(SweepValue[] values, IReadOnlyList<SweepDimension> dimensions) =>
        [.. dimensions.Select(dimension => values.Single(value => value.Dimension == dimension.Name))];

    private static TrialConfiguration Apply(int number, SweepValue[] shown, SweepValue[] values, AdapterOptions adapter, TrainingOptions training)
    {
        var options = new SweepTrialOptions(adapter.Clone(), training.Clone());
        foreach (var value in values)
            value.Apply(options);
        var trial = new TrialConfiguration(number, shown, options.Adapter.Clone(), options.Training);
        var validator = new OptionsValidator();
        trial.Adapter.Validate(validator);
        trial.Training.Validate(validator);
        validator.Require(trial.Training.ValidationFraction == training.ValidationFraction, nameof(TrainingOptions.ValidationFraction), trial.Training.ValidationFraction, $"{training.ValidationFraction} as for all trials, which are compared on the same rows");
        validator.Require(trial.Training.CheckpointFolder is null, nameof(TrainingOptions.CheckpointFolder), trial.Training.CheckpointFolder, "null: trials have folders of their own");
        try
        {
            validator.ThrowIfFaulty("options");
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"The combination {trial} cannot be tried. {e.Message}", e);
        }
        return trial;
    }
}
