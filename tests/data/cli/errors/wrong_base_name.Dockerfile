FROM Not/An:Image:Name
