namespace Microsoft.ML.Eva;

/// <summary>Lets a policy act in many environments at once. They keep step, so that all windows of a pass have one length.</summary>
internal sealed class PolicyEvaluator(PolicyTransformer model, PolicyEvaluationOptions options)
{
    private readonly int _maxSteps = Math.Min(options.MaxSteps ?? int.MaxValue, model.MaxSteps);

    /// <summary>The results of all episodes.</summary>
    public PolicyMetrics Run(Func<IEnvironment> createEnvironment)
    {
        var results = new List<EpisodeResult>(options.Episodes);
        for (var first = 0; first < options.Episodes; first += options.BatchSize)
            results.AddRange(RunTogether(createEnvironment, options.FirstSeed + first, Math.Min(options.BatchSize, options.Episodes - first)));
        return new PolicyMetrics(results);
    }

    private List<EpisodeResult> RunTogether(Func<IEnvironment> createEnvironment, int firstSeed, int count)
    {
        var episodes = new List<Episode>(count);
        try
        {
            for (var i = 0; i < count; i++)
            {
                var environment = createEnvironment() ?? throw new ArgumentException("The function gave null instead of an environment.", nameof(createEnvironment));
                episodes.Add(new Episode(environment, model.CreateActor(options.TargetReturn), firstSeed + i));
                episodes[^1].Reset();
            }
            for (var step = 0; step < _maxSteps && episodes.Exists(episode => !episode.IsDone); step++)
                Step(episodes.FindAll(episode => !episode.IsDone));
            return episodes.ConvertAll(episode => episode.Result);
        }
        finally
        {
            foreach (var episode in episodes)
                (episode.Environment as IDisposable)?.Dispose();
        }
    }

    private void Step(List<Episode> running)
    {
        options.CancellationToken.ThrowIfCancellationRequested();
        foreach (var episode in running)
            episode.Actor.Begin(episode.State, episode.LastReward);
        var actions = model.Policy.Act([.. running.Select(episode => episode.Actor.History)]);
        for (var i = 0; i < running.Count; i++)
            running[i].Take(actions[i]);
    }

    private sealed class Episode(IEnvironment environment, PolicyActor actor, int seed)
    {
        private double _return;
        private bool _isSuccess;

        public IEnvironment Environment => environment;

        public PolicyActor Actor => actor;

        public float[] State { get; private set; } = [];

        public double LastReward { get; private set; }

        public bool IsDone { get; private set; }

        public EpisodeResult Result => new(seed, _return, actor.StepCount, _isSuccess);

        public void Reset() => State = environment.Reset(seed) ?? throw NoState();

        public void Take(float[] action)
        {
            actor.Complete(action);
            var step = environment.Step(action);
            State = step.State ?? throw NoState();
            LastReward = step.Reward;
            _return += step.Reward;
            _isSuccess |= step.IsSuccess;
            IsDone = step.IsDone;
        }

        private InvalidOperationException NoState() => new($"{environment.GetType().Name} gave null instead of a state.");
    }
}
